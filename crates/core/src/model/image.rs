//! References to container images.

mod grammar;

#[cfg(test)]
mod tests;

use std::fmt::{self, Display};
use std::str::FromStr;

use super::malformed::{Malformed, Rule};
use super::port::Port;
use super::text::{text_newtype, text_traits};

/// Why a text is no image reference.
pub type ImageError = Malformed<ImageRule>;

/// The rules of image references, tags and digests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageRule {
    /// There is no image name.
    #[error("names no image; write [registry/]name[:tag][@digest]")]
    NoName,
    /// A part of the path is empty, or has an edge that is no letter or digit.
    #[error(
        "is no path; write lower-case letters and digits, joined by '/', '.', '_', '__' or dashes"
    )]
    Path,
    /// A capital letter in the path.
    #[error("{found:?} is a capital; image names are in lower case")]
    Capital {
        /// The capital letter.
        found: char,
    },
    /// The registry is no host name, address, or host and port.
    #[error("is no registry; write host, host:port or [IPv6]:port")]
    Registry,
    /// Registry and path are too long together.
    #[error("has {length} characters before the tag; 255 are allowed")]
    TooLong {
        /// Their length in bytes.
        length: usize,
    },
    /// 64 hexadecimal digits could be a name or an image identifier.
    #[error("looks like an image identifier, not a name; write name@sha256:... for it")]
    Identifier,
    /// The tag breaks its grammar.
    #[error("is no tag; write up to 128 letters, digits, '_', '.' or '-', not '.' or '-' first")]
    Tag,
    /// The digest breaks its grammar.
    #[error(
        "is no digest; write sha256: and 64, sha384: and 96 or sha512: and 128 lower-case hexadecimal digits"
    )]
    Digest,
    /// A digest is asked for.
    #[error("has no digest, so it may change under its name; resolve it to name@sha256:...")]
    NotPinned,
}

impl Rule for ImageRule {
    const WHAT: &'static str = "image";
}

text_newtype! {
    /// A tag such as `v1.0.0`: a name that may be moved to another image at any time.
    Tag, ImageRule, grammar::tag
}

text_newtype! {
    /// The hash of an image's manifest, `sha256:...`: it names one image for ever.
    ImageDigest, ImageRule, grammar::digest
}

text_newtype! {
    /// The path of an image in its registry, such as `library/nginx`.
    Repository, ImageRule, grammar::repository
}

/// The host that serves an image.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Registry {
    host: Box<str>,
    port: Option<Port>,
}

impl Registry {
    /// Host name, IPv4 address, or IPv6 address in brackets, as written.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, where one is written.
    #[must_use]
    pub fn port(&self) -> Option<Port> {
        self.port
    }
}

impl FromStr for Registry {
    type Err = ImageError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        grammar::registry(text)
    }
}

impl Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

text_traits!(Registry);

/// A reference to an image as written in a manifest: `[registry/]repository[:tag][@digest]`, by the
/// grammar of the OCI distribution project's `reference` package.
///
/// A first part of the path is a registry where it has a dot, a colon or a capital, or is
/// `localhost`; `pixelated/model` therefore has none.
///
/// ```
/// use windlass_core::model::ImageRef;
/// let image: ImageRef = "nginx".parse()?;
/// assert_eq!(image.normalized().to_string(), "docker.io/library/nginx:latest");
/// # Ok::<(), windlass_core::model::ImageError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageRef {
    registry: Option<Registry>,
    repository: Repository,
    tag: Option<Tag>,
    digest: Option<ImageDigest>,
}

impl ImageRef {
    /// The registry, where one is written.
    #[must_use]
    pub fn registry(&self) -> Option<&Registry> {
        self.registry.as_ref()
    }

    /// The path in the registry, as written.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The tag, where one is written. A runtime ignores it beside a digest.
    #[must_use]
    pub fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// The digest, where one is written.
    #[must_use]
    pub fn digest(&self) -> Option<&ImageDigest> {
        self.digest.as_ref()
    }

    /// What a container runtime reads in its place: registry `docker.io`, `library/` before a single
    /// name there, tag `latest` where there is neither tag nor digest.
    #[must_use]
    pub fn normalized(&self) -> ImageRef {
        grammar::normalized(self)
    }

    /// The same image under its name and tag, held to `digest`.
    #[must_use]
    pub fn pin(&self, digest: ImageDigest) -> PinnedImage {
        PinnedImage { image: ImageRef { digest: None, ..self.clone() }, digest }
    }
}

impl FromStr for ImageRef {
    type Err = ImageError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        grammar::image(text)
    }
}

impl Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(f, "{registry}/")?;
        }
        write!(f, "{}", self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

text_traits!(ImageRef);

/// An image that cannot change under its name: it has a digest.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PinnedImage {
    /// Without its digest.
    image: ImageRef,
    digest: ImageDigest,
}

impl PinnedImage {
    /// The hash that names the image.
    #[must_use]
    pub fn digest(&self) -> &ImageDigest {
        &self.digest
    }

    /// The reference for a manifest, digest and all.
    #[must_use]
    pub fn reference(&self) -> ImageRef {
        ImageRef { digest: Some(self.digest.clone()), ..self.image.clone() }
    }
}

impl TryFrom<ImageRef> for PinnedImage {
    type Error = ImageError;
    fn try_from(image: ImageRef) -> Result<Self, Self::Error> {
        match &image.digest {
            Some(digest) => Ok(image.pin(digest.clone())),
            None => Err(Malformed::whole(&image.to_string(), ImageRule::NotPinned)),
        }
    }
}

impl FromStr for PinnedImage {
    type Err = ImageError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<ImageRef>()?.try_into()
    }
}

impl Display for PinnedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.image, self.digest)
    }
}

text_traits!(PinnedImage);
