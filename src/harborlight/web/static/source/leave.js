// Leaves the page quickly: the button, Shift three times, or Esc where nothing is open. The page is taken out of the tab's
// own history, so that the back button does not bring it up; what the browser keeps elsewhere stays.

const link = document.getElementById("leave");
const said = document.getElementById("leave-said");
const TIMES = 3;
const WITHIN = 5000;
let presses = [];

function leave(event) {
  event.preventDefault();
  document.body.hidden = true;
  location.replace(link.href);
}

function onKey(event) {
  if (event.repeat) return;
  if (event.key === "Escape") {
    const isBusy = document.querySelector("dialog[open], details[open]") || /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (!isBusy) leave(event);
    return;
  }
  presses = event.key === "Shift" ? [...presses.filter((at) => event.timeStamp - at < WITHIN), event.timeStamp] : [];
  said.textContent = { 1: link.dataset.two, 2: link.dataset.one }[presses.length] || "";
  if (presses.length >= TIMES) leave(event);
}

link.addEventListener("click", leave);
document.addEventListener("keydown", onKey);
