//! Images that may change under their name.

use windlass_core::finding::{Code, Finding};

use super::scene::Scene;

/// An image by tag, or by nothing at all.
pub(super) fn not_pinned(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        for container in pods.spec.all_containers() {
            let Some(image) = &container.image else { continue };
            if image.digest().is_some() {
                continue;
            }
            let (code, message) = match image.tag().map(|tag| tag.as_str()) {
                None | Some("latest") => {
                    (Code::ImageLatest, format!("image {} is whatever is newest", image.value))
                }
                Some(_) => (Code::ImageByTag, format!("image {} is named by its tag", image.value)),
            };
            let mend =
                "release it by digest (name@sha256:...), so that what was tested is what runs";
            found.push(Finding::new(code, &image.place, message, mend));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{DIGEST, GOOD, codes, edited};
    use super::*;

    #[test]
    fn a_tag_is_told_and_a_digest_is_fine() {
        assert_eq!(codes(&edited(GOOD, DIGEST, "")), [Code::ImageByTag]);
        assert_eq!(codes(GOOD), []);
    }

    #[test]
    fn latest_is_told_whether_written_or_not() {
        let tagged = edited(GOOD, DIGEST, "");
        assert_eq!(codes(&edited(&tagged, ":1.0", ":latest")), [Code::ImageLatest]);
        assert_eq!(codes(&edited(&tagged, ":1.0", "")), [Code::ImageLatest]);
    }
}
