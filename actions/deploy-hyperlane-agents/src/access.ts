export const statements: readonly import("@playbook/access").Statement[] = [];
