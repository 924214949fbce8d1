//! The grammar of image references, part by part.

use super::{ImageDigest, ImageError, ImageRef, ImageRule, Registry, Repository, Tag};
use crate::model::malformed::Malformed;
use crate::model::port::Port;

/// The most characters of registry and path.
const LONGEST: usize = 255;
const DOCKER: &str = "docker.io";

/// Puts an error about `part` where that part stands in `text`.
fn within(text: &str, start: usize, error: &ImageError) -> ImageError {
    Malformed::at(text, start + error.position().unwrap_or(0), error.rule().clone())
}

pub(super) fn image(text: &str) -> Result<ImageRef, ImageError> {
    let (named, digest_text) = match text.split_once('@') {
        Some((named, digest)) => (named, Some(digest)),
        None => (text, None),
    };
    let path_start = named.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag_text) = match named[path_start..].find(':') {
        Some(colon) => {
            let colon = path_start + colon;
            (&named[..colon], Some((colon + 1, &named[colon + 1..])))
        }
        None => (named, None),
    };
    if name.is_empty() {
        return Err(Malformed::whole(text, ImageRule::NoName));
    }
    let (registry_text, repository_start) = split_registry(name);
    let registry = registry_text
        .map(|part| registry(part).map_err(|error| within(text, 0, &error)))
        .transpose()?;
    let repository: Repository =
        name[repository_start..].parse().map_err(|error| within(text, repository_start, &error))?;
    if name.len() > LONGEST {
        return Err(Malformed::whole(text, ImageRule::TooLong { length: name.len() }));
    }
    let tag = tag_text
        .map(|(start, part)| part.parse::<Tag>().map_err(|error| within(text, start, &error)))
        .transpose()?;
    let digest = digest_text
        .map(|part| {
            part.parse::<ImageDigest>().map_err(|error| within(text, named.len() + 1, &error))
        })
        .transpose()?;
    if registry.is_none() && tag.is_none() && digest.is_none() && is_identifier(name) {
        return Err(Malformed::whole(text, ImageRule::Identifier));
    }
    Ok(ImageRef { registry, repository, tag, digest })
}

/// The registry, if the first part is one, and where the path starts.
fn split_registry(name: &str) -> (Option<&str>, usize) {
    match name.split_once('/') {
        Some((first, _))
            if first == "localhost"
                || first.contains(['.', ':'])
                || first.contains(|c: char| c.is_ascii_uppercase()) =>
        {
            (Some(first), first.len() + 1)
        }
        Some(_) | None => (None, 0),
    }
}

fn is_identifier(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(is_lower_hex)
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

pub(super) fn registry(text: &str) -> Result<Registry, ImageError> {
    let refused = || Malformed::whole(text, ImageRule::Registry);
    let (host, port) = match text.rfind(':').filter(|colon| !text[*colon..].contains(']')) {
        Some(colon) => {
            let digits = &text[colon + 1..];
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(refused());
            }
            let number = digits.parse::<i64>().ok().and_then(|number| Port::try_from(number).ok());
            (&text[..colon], Some(number.ok_or_else(refused)?))
        }
        None => (text, None),
    };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let fits = match bracketed {
        Some(address) => {
            !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':')
        }
        None => host.split('.').all(is_host_part),
    };
    if fits { Ok(Registry { host: host.into(), port }) } else { Err(refused()) }
}

fn is_host_part(part: &str) -> bool {
    !part.is_empty()
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !part.starts_with('-')
        && !part.ends_with('-')
}

pub(super) fn repository(text: &str) -> Result<(), ImageError> {
    if let Some((at, found)) = text.char_indices().find(|(_, c)| c.is_ascii_uppercase()) {
        return Err(Malformed::at(text, at, ImageRule::Capital { found }));
    }
    let mut start = 0;
    for part in text.split('/') {
        path_part(part).map_err(|at| Malformed::at(text, start + at, ImageRule::Path))?;
        start += part.len() + 1;
    }
    Ok(())
}

/// Letters and digits, with one of `.`, `_`, `__` or any number of dashes between them. The error is
/// the offset of the first byte that does not fit.
fn path_part(part: &str) -> Result<(), usize> {
    let is_letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut start = 0;
    for run in part.as_bytes().chunk_by(|a, b| is_letter(a) == is_letter(b)) {
        let end = start + run.len();
        let separates = matches!(run, b"." | b"_" | b"__") || run.iter().all(|byte| *byte == b'-');
        let inside = start > 0 && end < part.len();
        if run.iter().any(|byte| !is_letter(byte)) && (!separates || !inside) {
            return Err(start);
        }
        start = end;
    }
    if part.is_empty() { Err(0) } else { Ok(()) }
}

pub(super) fn tag(text: &str) -> Result<(), ImageError> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let fits = (1..=128).contains(&text.len())
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'));
    if fits { Ok(()) } else { Err(Malformed::whole(text, ImageRule::Tag)) }
}

pub(super) fn digest(text: &str) -> Result<(), ImageError> {
    let length = match text.split_once(':') {
        Some(("sha256", _)) => 64,
        Some(("sha384", _)) => 96,
        Some(("sha512", _)) => 128,
        Some(_) | None => return Err(Malformed::whole(text, ImageRule::Digest)),
    };
    let (_, hex) = text.split_at("sha256:".len());
    if hex.len() == length && hex.bytes().all(is_lower_hex) {
        Ok(())
    } else {
        Err(Malformed::whole(text, ImageRule::Digest))
    }
}

pub(super) fn normalized(image: &ImageRef) -> ImageRef {
    let mut image = image.clone();
    let registry =
        image.registry.get_or_insert_with(|| Registry { host: DOCKER.into(), port: None });
    if registry.port.is_none() && &*registry.host == "index.docker.io" {
        registry.host = DOCKER.into();
    }
    let is_docker = registry.port.is_none() && &*registry.host == DOCKER;
    if is_docker && !image.repository.as_str().contains('/') {
        image.repository = Repository(format!("library/{}", image.repository).into());
    }
    if image.tag.is_none() && image.digest.is_none() {
        image.tag = Some(Tag("latest".into()));
    }
    image
}
