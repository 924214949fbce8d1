use super::*;

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn read(text: &str) -> ImageRef {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> ImageError {
    match text.parse::<ImageRef>() {
        Ok(image) => panic!("{text:?} was read as {image}"),
        Err(error) => error,
    }
}

/// Registry, repository, tag and whether there is a digest.
fn parts(text: &str) -> (Option<String>, String, Option<String>, bool) {
    let image = read(text);
    let registry = image.registry().map(Registry::to_string);
    let tag = image.tag().map(Tag::to_string);
    (registry, image.repository().to_string(), tag, image.digest().is_some())
}

#[test]
fn every_part_is_found() {
    let digest = format!("@sha256:{HEX}");
    for (text, registry, repository, tag, pinned) in [
        ("nginx", None, "nginx", None, false),
        ("nginx:1.27", None, "nginx", Some("1.27"), false),
        (
            "pixelated/ml-model-service:v1.0.0",
            None,
            "pixelated/ml-model-service",
            Some("v1.0.0"),
            false,
        ),
        (
            "ghcr.io/stefanprodan/podinfo:6.5.4",
            Some("ghcr.io"),
            "stefanprodan/podinfo",
            Some("6.5.4"),
            false,
        ),
        ("localhost/app", Some("localhost"), "app", None, false),
        ("localhost:5000/a/b/c:x", Some("localhost:5000"), "a/b/c", Some("x"), false),
        ("127.0.0.1:5000/app", Some("127.0.0.1:5000"), "app", None, false),
        ("[::1]:5000/app:t", Some("[::1]:5000"), "app", Some("t"), false),
        ("[fe80::1]/app", Some("[fe80::1]"), "app", None, false),
        ("Reg/app", Some("Reg"), "app", None, false),
        ("reg:5000/app", Some("reg:5000"), "app", None, false),
        ("a__b/c-----d.e_f:_x-.Y", None, "a__b/c-----d.e_f", Some("_x-.Y"), false),
    ] {
        for (suffix, pinned) in [("", pinned), (digest.as_str(), true)] {
            let text = format!("{text}{suffix}");
            let expected = (
                registry.map(str::to_owned),
                repository.to_owned(),
                tag.map(str::to_owned),
                pinned,
            );
            assert_eq!(parts(&text), expected, "{text}");
            assert_eq!(read(&text).to_string(), text);
        }
    }
}

#[test]
fn each_broken_part_is_refused_by_its_own_rule_at_its_place() {
    let at = |text: &str| (refused(text).position(), refused(text).rule().clone());
    assert_eq!(at(""), (None, ImageRule::NoName));
    assert_eq!(at(":tag"), (None, ImageRule::NoName));
    assert_eq!(at("pixelated/Model"), (Some(10), ImageRule::Capital { found: 'M' }));
    assert_eq!(at("Nginx"), (Some(0), ImageRule::Capital { found: 'N' }));
    for (text, place) in [
        ("a//b", 2),
        ("a/", 2),
        ("/a", 0),
        ("-a", 0),
        ("a-", 1),
        ("a..b", 1),
        ("a___b", 1),
        ("a._b", 1),
        ("a b", 1),
        ("ü", 0),
    ] {
        assert_eq!(at(text), (Some(place), ImageRule::Path), "{text}");
    }
    assert_eq!(at("http://x"), (Some(0), ImageRule::Registry));
    assert_eq!(at("app:"), (Some(4), ImageRule::Tag));
    assert_eq!(at("app:-x"), (Some(4), ImageRule::Tag));
    assert_eq!(at(&format!("app:{}", "x".repeat(129))), (Some(4), ImageRule::Tag));
    assert_eq!(at("reg.io:0/app"), (Some(0), ImageRule::Registry));
    assert_eq!(at("reg.io:70000/app"), (Some(0), ImageRule::Registry));
    assert_eq!(at("reg..io/app"), (Some(0), ImageRule::Registry));
    assert_eq!(at("-reg.io/app"), (Some(0), ImageRule::Registry));
    assert_eq!(at(HEX), (None, ImageRule::Identifier));
}

#[test]
fn a_digest_has_a_known_algorithm_and_its_exact_length() {
    for good in [
        format!("sha256:{HEX}"),
        format!("sha384:{HEX}{}", &HEX[..32]),
        format!("sha512:{HEX}{HEX}"),
    ] {
        assert_eq!(good.parse::<ImageDigest>().unwrap().as_str(), good);
    }
    for bad in ["", "sha256", "sha256:", "sha256:abc", "md5:0123456789abcdef0123456789abcdef"] {
        assert_eq!(*bad.parse::<ImageDigest>().unwrap_err().rule(), ImageRule::Digest, "{bad}");
    }
    assert!(format!("sha256:{}", HEX.to_uppercase()).parse::<ImageDigest>().is_err());
    assert!(format!("sha512:{HEX}").parse::<ImageDigest>().is_err());
    let error = refused("app@sha256:abc");
    assert_eq!(error.position(), Some(4));
    assert!(error.to_string().contains("64"), "{error}");
}

#[test]
fn a_name_of_255_characters_is_the_longest() {
    assert!("x".repeat(255).parse::<ImageRef>().is_ok());
    assert_eq!(*refused(&"x".repeat(256)).rule(), ImageRule::TooLong { length: 256 });
}

#[test]
fn defaults_are_filled_in_only_when_asked() {
    for (written, normal) in [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("prom/prometheus", "docker.io/prom/prometheus:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/nginx", "docker.io/library/nginx:latest"),
        ("ghcr.io/app", "ghcr.io/app:latest"),
        ("docker.io:5000/app", "docker.io:5000/app:latest"),
    ] {
        assert_eq!(read(written).normalized().to_string(), normal);
        assert_eq!(read(written).to_string(), written);
        assert_eq!(read(normal).normalized(), read(normal));
    }
    let pinned = format!("nginx@sha256:{HEX}");
    assert_eq!(read(&pinned).normalized().to_string(), format!("docker.io/library/{pinned}"));
}

#[test]
fn an_image_without_a_digest_cannot_be_a_pinned_one() {
    let error = "nginx:1.27".parse::<PinnedImage>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "image \"nginx:1.27\": has no digest, so it may change under its name; resolve it to name@sha256:..."
    );
    let text = format!("nginx:1.27@sha256:{HEX}");
    let pinned: PinnedImage = text.parse().unwrap();
    assert_eq!(pinned.to_string(), text);
    assert_eq!(pinned.reference().to_string(), text);
    assert_eq!(pinned.digest().as_str(), format!("sha256:{HEX}"));
}

#[test]
fn pinning_replaces_an_older_digest() {
    let older: ImageDigest = format!("sha256:{HEX}").parse().unwrap();
    let newer: ImageDigest = format!("sha256:{}", HEX.replace('0', "f")).parse().unwrap();
    let pinned = read("nginx:1.27").pin(older).reference().pin(newer.clone());
    assert_eq!(pinned.to_string(), format!("nginx:1.27@{newer}"));
}

#[test]
fn serde_uses_the_same_text() {
    let image: ImageRef = serde_json::from_str("\"nginx:1.27\"").unwrap();
    assert_eq!(serde_json::to_string(&image).unwrap(), "\"nginx:1.27\"");
    assert!(serde_json::from_str::<PinnedImage>("\"nginx:1.27\"").is_err());
}
