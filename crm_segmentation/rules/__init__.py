"""Commands about rules: the JSON Schema, lint, and rules in a spreadsheet."""
