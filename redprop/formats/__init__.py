"""How dates are shown in tables and typed: 2026-10-20. In running text templates write 2026年10月20日 themselves."""
