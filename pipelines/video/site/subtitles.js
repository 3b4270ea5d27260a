/** Labels of a clip as a file of subtitles, WebVTT. */

/** segments: [{start, end, label}] in frames; times: of the frames, in seconds; end: of the last one. */
export function subtitles({segments, times, end: last}) {
  const cues = segments.map(({start, end, label}) => {
    const text = label.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("-->", "→");
    return `${clock(times[start])} --> ${clock(times[end] ?? last)}\n${text}\n`;
  });
  return new Blob([["WEBVTT\n", ...cues].join("\n")], {type: "text/vtt"});
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const thousandths = String(Math.floor(1000 * (seconds - whole))).padStart(3, "0");
  return `${parts.map((part) => String(part).padStart(2, "0")).join(":")}.${thousandths}`;
}
