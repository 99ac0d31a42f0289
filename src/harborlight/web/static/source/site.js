// Improves pages that already work without it: copy buttons, and shorter addresses from forms.

function addCopyButtons() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copies]")) {
    const source = document.getElementById(button.dataset.copies);
    if (!source) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.textContent.trim().replace(/\s+/g, " ").replace(/ \/metrics/, ` ${location.origin}/metrics`));
      button.textContent = button.dataset.done;
    });
  }
}

function shortenAddresses() {
  for (const form of document.querySelectorAll("form[method=get]")) {
    form.addEventListener("submit", () => {
      for (const field of form.elements) {
        if (field.name && field.value === "") field.disabled = true;
      }
    });
    window.addEventListener("pageshow", () => {
      for (const field of form.elements) field.disabled = false;
    });
  }
}

addCopyButtons();
shortenAddresses();
