// Ties the pictures of a recording to the player above them: the cursor follows, a click or a key seeks.
export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".answer");
  root.stop?.();
  if (root.shown !== data.html) {
    root.innerHTML = root.shown = data.html;
  }
  const { moments, duration } = data;
  const slider = root.querySelector("[role=slider]");
  const plot = root.querySelector(".plot");
  const cursor = root.querySelector(".cursor");
  const now = root.querySelector(".now");
  const player = () => document.querySelector(".st-key-player audio");

  const at = (seconds) => {
    const later = moments.findIndex(([start]) => start > seconds);
    return (later < 0 ? moments.length : Math.max(later, 1)) - 1;
  };
  const draw = () => {
    const seconds = Math.min(player()?.currentTime ?? 0, duration);
    cursor.style.left = `${(100 * seconds) / duration}%`;
    const words = moments[at(seconds)][2];
    if (now.textContent !== words) {
      now.textContent = words;
      slider.setAttribute("aria-valuetext", words);
    }
    slider.setAttribute("aria-valuenow", seconds.toFixed(2));
  };
  let frame = 0;
  const follow = () => {
    cancelAnimationFrame(frame);
    draw();
    const sound = player();
    if (sound && !sound.paused && !sound.ended) frame = requestAnimationFrame(follow);
  };
  const seek = (seconds) => {
    const sound = player();
    if (!sound) return;
    sound.currentTime = Math.max(0, Math.min(seconds, duration - 0.01));
    follow();
  };
  const step = (windows) => {
    const seconds = player()?.currentTime ?? 0;
    if (moments.length === 1) return seek(seconds + (windows * duration) / 20);
    // A little beyond the window's start: players round.
    seek(moments[Math.max(0, Math.min(at(seconds) + windows, moments.length - 1))][0] + 0.001);
  };
  const toggle = () => {
    const sound = player();
    if (sound) sound.paused ? sound.play().catch(() => {}) : sound.pause();
  };
  const keys = {
    ArrowRight: () => step(1), ArrowUp: () => step(1), PageUp: () => step(10),
    ArrowLeft: () => step(-1), ArrowDown: () => step(-1), PageDown: () => step(-10),
    Home: () => seek(0), End: () => seek(duration), " ": toggle, Enter: toggle,
  };
  slider.onkeydown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  };
  const point = (event) => {
    const box = plot.getBoundingClientRect();
    seek((duration * (event.clientX - box.left)) / box.width);
  };
  plot.onpointerdown = (event) => {
    plot.setPointerCapture(event.pointerId);
    point(event);
  };
  plot.onpointermove = (event) => {
    if (plot.hasPointerCapture(event.pointerId)) point(event);
  };

  const tell = () => {
    player()?.setAttribute("aria-label", "Recording");
    root.querySelector(".unplayable").hidden = !player()?.error;
  };
  const listen = (event) => {
    if (event.target !== player()) return;
    tell();
    follow();
  };
  // The player is Streamlit's, which may replace it; events of media do not bubble, but are caught on their way down.
  const events = ["play", "playing", "pause", "seeking", "seeked", "timeupdate", "ended", "emptied", "loadedmetadata", "error"];
  events.forEach((name) => document.addEventListener(name, listen, true));
  root.stop = () => {
    cancelAnimationFrame(frame);
    events.forEach((name) => document.removeEventListener(name, listen, true));
  };
  tell();
  follow();
  return root.stop;
}
