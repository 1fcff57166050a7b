/* Small helps of the desk; every page works without them.
   1. Forms with data-autosave keep what is typed on the device and, when data-autosave-url
      is given, as a draft on the server. A lost connection loses nothing.
   2. Buttons with data-add-row copy the <template> they name, so a row is added without a round trip. */
(function () {
  "use strict";

  function clock() {
    return new Date().toTimeString().slice(0, 5);
  }

  function fieldsOf(form) {
    return Array.from(form.elements).filter(function (el) {
      return el.name && el.name !== "csrfmiddlewaretoken" && el.type !== "submit" && el.type !== "password" && el.type !== "file";
    });
  }

  function read(form) {
    return fieldsOf(form).map(function (el) {
      if (el.type === "checkbox" || el.type === "radio") return [el.name, el.value, el.checked];
      return [el.name, el.value];
    });
  }

  function write(form, saved) {
    saved.forEach(function (item) {
      if (/TOTAL_FORMS$/.test(item[0])) return;
      fieldsOf(form).forEach(function (el) {
        if (el.name !== item[0] || (el.type === "hidden" && el.name !== "typed")) return;
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
    var state = document.getElementById(form.dataset.stateId || "save-state");
    var timer = null;
    var sending = false;
    var again = false;

    function say(text) {
      if (state) state.textContent = text;
    }

    function send() {
      if (!form.dataset.autosaveUrl) return;
      if (sending) {
        again = true;
        return;
      }
      sending = true;
      again = false;
      var body = new FormData(form);
      body.set("stamp", stamp);
      fetch(form.dataset.autosaveUrl, { method: "POST", body: body, headers: { "X-Requested-With": "fetch" }, credentials: "same-origin", redirect: "error" })
        .then(function (answer) {
          if (!answer.ok) throw new Error(String(answer.status));
          return answer.json();
        })
        .then(function (json) {
          stamp = json.stamp;
          var field = form.elements.stamp;
          if (field) field.value = stamp;
          store(key, { stamp: stamp, fields: read(form) });
          say(form.dataset.savedText.replace("%s", clock()));
        })
        .catch(function () {
          say(form.dataset.deviceText.replace("%s", clock()));
        })
        .finally(function () {
          sending = false;
          if (again) send();
        });
    }

    function changed() {
      store(key, { stamp: stamp, fields: read(form) });
      window.clearTimeout(timer);
      timer = window.setTimeout(send, 1500);
    }

    var saved = load(key);
    if (saved && saved.stamp === stamp && !form.dataset.bound) {
      var before = JSON.stringify(read(form));
      var button = form.querySelector("[data-add-row]");
      if (button) {
        var total = saved.fields.find(function (item) { return item[0] === button.dataset.prefix + "-TOTAL_FORMS"; });
        var field = form.querySelector('[name="' + button.dataset.prefix + '-TOTAL_FORMS"]');
        while (total && Number(field.value) < Math.min(Number(total[1]), 30)) addRow(button);
      }
      write(form, saved.fields);
      if (JSON.stringify(read(form)) !== before) say(form.dataset.restoredText);
    } else if (saved && saved.stamp !== stamp) {
      store(key, null);
    }
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
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
