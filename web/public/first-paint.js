// Before the first paint: large type and language as this device has them.
(function () {
  var root = document.documentElement;
  var wanted = null;
  try {
    wanted = localStorage.getItem("wl.lang");
    if (localStorage.getItem("wl.elder") === "1") root.classList.add("elder");
  } catch (e) {
    // A device that keeps nothing gets the defaults.
  }
  if (wanted === "en") root.lang = "en";
})();
