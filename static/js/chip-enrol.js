// Where nobody is logged in, what a chip is asked depends on the user ID that was typed: this fetches it when the form
// is sent, and then leaves the rest to chip.js.

const form = document.querySelector("form[data-chip-options]");
const userId = form.querySelector("[name=user_id]");
const token = form.querySelector("input[name=csrfmiddlewaretoken]");
const answer = form.querySelector("input[name=response]");
const status = form.querySelector("[role=status]");

async function options(typed) {
  const response = await fetch(form.dataset.chipOptions, {
    method: "POST",
    headers: { "X-CSRFToken": token.value },
    body: new URLSearchParams({ user_id: typed }),
    redirect: "error",
  });
  return response.ok ? JSON.stringify((await response.json()).options) : null;
}

// Caught on its way down, before the form's own listeners see it.
document.addEventListener(
  "submit",
  async (event) => {
    const typed = userId.value;
    if (event.target !== form || answer.value || form.dataset.asked === typed || !typed.trim()) {
      return; // the chip has answered, its question is there, or the page will say that the user ID is missing
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const found = await options(typed).catch(() => null);
    if (found === null) {
      status.textContent = form.dataset.unreachable;
      return;
    }
    form.dataset.options = found;
    form.dataset.asked = typed;
    form.requestSubmit();
  },
  { capture: true },
);
