/** Whether this browser says that it plays a MIME type with codecs. */
function plays(video, mime) {
  return mime !== "" && video.canPlayType(mime) !== "";
}

/** Why the film cannot be played here; an empty list when it is worth a try. */
export function obstacles(video, parts) {
  return parts.flatMap((part) => {
    if (part.verdict === "no") return part.reasons;
    // Some browsers play Matroska and deny it, so their word counts for other containers only.
    const denied = part.is_container_common && part.mime !== "" && !plays(video, part.mime);
    return denied ? (part.reasons.length ? part.reasons : [part.mime]) : [];
  });
}

/** The first other version that this browser plays. */
export function playableAlternative(video, alternatives) {
  return alternatives.find(({ verdict, mime }) => verdict !== "no" && plays(video, mime));
}

/** The picture plays, but the sound may be missing without any error. */
export function mayBeSilent(video, part) {
  return part.has_doubtful_audio && !plays(video, part.mime);
}
