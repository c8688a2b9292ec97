// Names that nothing defines and names that nothing uses, in the modules of the pages, of the app and of their tests. Formatting and style are
// not checked.
import globals from "./tests/browser/node_modules/globals/index.js";

export default [
  { ignores: ["web/**/vendor/**", "tests/browser/node_modules/**", "target/**"] },
  {
    files: ["web/**/*.js", "tests/**/*.mjs"],
    languageOptions: {
      ecmaVersion: "latest",
      sourceType: "module",
      globals: { ...globals.browser, ...globals.serviceworker, ...globals.node, BarcodeDetector: "readonly" },
    },
    rules: {
      "no-undef": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", destructuredArrayIgnorePattern: "^_", ignoreRestSiblings: true }],
    },
  },
];
