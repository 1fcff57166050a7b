/* Small helps of the desk; every page works without them.
   1. Forms with data-autosave keep what is typed on the device and, when data-autosave-url
      is given, as a draft on the server. A lost connection loses nothing: data-stamp is the
      version the page was made from, and what was typed under it comes back with it.
   2. Buttons with data-add-row copy the <template> they name, so a row is added without a round trip. */
(function () {
  "use strict";

  function clock() {
    return new Date().toTimeString().slice(0, 5);
  }

  function fieldsOf(form) {
    return Array.from(form.elements).filter(function (el) {
      return el.name && !/^(hidden|submit|button|password|file)$/.test(el.type);
    });
  }

  function read(form) {
    return fieldsOf(form).map(function (el) {
      if (el.type === "checkbox" || el.type === "radio") return [el.name, el.value, el.checked];
      return [el.name, el.value];
    });
  }

  function rowsOf(form) {
    var button = form.querySelector("[data-add-row]");
    return button ? form.querySelector('[name="' + button.dataset.prefix + '-TOTAL_FORMS"]') : null;
  }

  function write(form, saved) {
    var rows = rowsOf(form);
    while (rows && Number(rows.value) < Math.min(saved.rows || 0, 30)) addRow(form.querySelector("[data-add-row]"));
    saved.fields.forEach(function (item) {
      fieldsOf(form).forEach(function (el) {
        if (el.name !== item[0]) return;
        if (item.length === 3) {
          if (el.value === item[1]) el.checked = item[2];
        } else {
          el.value = item[1];
        }
      });
    });
  }

  function addRow(button) {
    var form = button.form;
    var template = document.getElementById(button.dataset.addRow);
    var total = form.querySelector('[name="' + button.dataset.prefix + '-TOTAL_FORMS"]');
    var holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replace(/__prefix__/g, total.value).replace(/__number__/g, String(Number(total.value) + 1));
    total.value = String(Number(total.value) + 1);
    var row = holder.firstElementChild;
    template.parentNode.insertBefore(row, template);
    return row;
  }

  function store(key, value) {
    try {
      if (value === null) window.localStorage.removeItem(key);
      else window.localStorage.setItem(key, JSON.stringify(value));
      return true;
    } catch (error) {
      return false;
    }
  }

  function load(key) {
    try {
      return JSON.parse(window.localStorage.getItem(key));
    } catch (error) {
      return null;
    }
  }

  function autosave(form) {
    var key = "redprop:" + form.dataset.autosave;
    var stamp = form.dataset.stamp || "";
    var state = document.getElementById("save-state");
    var timer = null;
    var sending = false;
    var again = false;
    var leaving = false;

    function say(text) {
      if (state) state.textContent = text || "";
    }

    function keep(submitted) {
      var rows = rowsOf(form);
      store(key, { stamp: stamp, rows: rows ? Number(rows.value) : 0, fields: read(form), submitted: submitted });
    }

    function send() {
      if (!form.dataset.autosaveUrl) {
        say((form.dataset.deviceText || "").replace("{time}", clock()));
        return;
      }
      if (sending || leaving) {
        again = true;
        return;
      }
      sending = true;
      again = false;
      var body = new FormData(form);
      body.set("action", "draft");
      fetch(form.dataset.autosaveUrl, { method: "POST", body: body, headers: { "X-Requested-With": "fetch" }, credentials: "same-origin", redirect: "error" })
        .then(function (answer) {
          if (answer.status === 409) {
            say(form.dataset.conflictText);
            return null;
          }
          if (!answer.ok) throw new Error(String(answer.status));
          return answer.json();
        })
        .then(function (json) {
          if (!json) return;
          stamp = String(json.stamp);
          form.dataset.stamp = stamp;
          if (form.elements.stamp) form.elements.stamp.value = stamp;
          if (!leaving) keep(false);
          say(form.dataset.savedText.replace("{time}", clock()));
        })
        .catch(function () {
          say(form.dataset.deviceText.replace("{time}", clock()));
        })
        .finally(function () {
          sending = false;
          if (again) send();
          if (leaving) form.dispatchEvent(new Event("autosave-idle"));
        });
    }

    function changed() {
      keep(false);
      window.clearTimeout(timer);
      timer = window.setTimeout(send, 1500);
    }

    var saved = load(key);
    if (saved && !form.dataset.bound) {
      var same = saved.stamp === stamp;
      if (JSON.stringify(saved.fields) === JSON.stringify(read(form)) || (saved.submitted && !same)) {
        store(key, null);
      } else if (same) {
        write(form, saved);
        say(form.dataset.restoredText);
      } else {
        var restore = form.querySelector("[data-restore]");
        say(form.dataset.olderText);
        if (restore) {
          restore.hidden = false;
          restore.addEventListener("click", function () {
            write(form, saved);
            restore.hidden = true;
            changed();
          });
        }
      }
    }
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("submit", function (event) {
      window.clearTimeout(timer);
      leaving = true;
      keep(true);
      if (sending) {
        // The draft on its way raises the version: wait for it, or the submission would look outdated.
        event.preventDefault();
        var pressed = event.submitter;
        form.addEventListener("autosave-idle", function () {
          form.requestSubmit(pressed);
        }, { once: true });
      }
    });
    window.addEventListener("online", send);
  }

  document.querySelectorAll("form[data-autosave]").forEach(autosave);

  document.querySelectorAll("[data-autosave-clear]").forEach(function (el) {
    store("redprop:" + el.dataset.autosaveClear, null);
  });

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-add-row]");
    if (button) {
      event.preventDefault();
      var row = addRow(button);
      var first = row.querySelector("input:not([type=hidden]), select, textarea");
      if (first) first.focus();
      button.form.dispatchEvent(new Event("change"));
      return;
    }
    var print = event.target.closest("[data-print]");
    if (print) window.print();
  });

  document.querySelectorAll("[data-print]").forEach(function (el) { el.hidden = false; });

  var errors = document.getElementById("errors");
  if (errors) errors.focus();
})();
