// Wakes those components of Det Fælles Designsystem that our pages use. Every page works without any of this.
// DKFDS.init() would also start its menu, which writes Danish words into English pages; so each is named here.

const { DKFDS } = window;

document.documentElement.classList.remove("no-js");

const summary = document.querySelector('[data-module="error-summary"]');
if (summary) {
  new DKFDS.ErrorSummary(summary).init();
}
for (const element of document.querySelectorAll(".js-radio-toggle-group")) {
  new DKFDS.RadioToggleGroup(element).init();
}
for (const element of document.querySelectorAll(".accordion")) {
  new DKFDS.Accordion(element).init();
}

// A form that was sent once is not sent again by an impatient second press; coming back to the page frees it.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
  }
});

// "Print" buttons appear only where they can do something.
for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
