// htmx without eval: what would need it is refused, and refused closed.
(() => {
  const deny = (kind) => (...given) => {
    const code = given.pop();
    return {
      call() {
        console.warn("htmx: eval is off", kind, code);
        return kind === "async" ? Promise.reject(new Error("eval is off")) : false;
      },
    };
  };
  htmx.registerExtension("no-eval", {
    init(api) {
      const pass = { createHTML: (text) => text, createScript: () => "" };
      const policy = window.trustedTypes ? trustedTypes.createPolicy("htmx", pass) : pass;
      api.initSecurity(policy, deny("sync"), deny("async"));
    },
  });
})();
