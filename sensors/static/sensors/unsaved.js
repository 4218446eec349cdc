/* A button beside the form posts on its own: ask before it would drop what was typed. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("#content-main > form");
    if (!form) {
        return;
    }
    const typed = () => new URLSearchParams(new FormData(form)).toString();
    // A form that came back with errors holds what was never saved.
    const saved = form.querySelector(".errornote") ? null : typed();
    for (const button of document.querySelectorAll("form.press")) {
        button.addEventListener("submit", event => {
            const question = "Your changes to this form are not saved. Go on without them?";
            if (typed() !== saved && !window.confirm(question)) {
                event.preventDefault();
            }
        });
    }
});
