export { quantity } from "@playbook/kube";

/** In the unit that a person would use. */
export function written(resource: string, amount: number): string {
  if (resource === "cpu") {
    return amount < 10 ? `${Math.round(amount * 1000)}m of CPU` : `${Math.round(amount)} CPUs`;
  }
  if (resource === "pods") return `${amount} pods`;
  if (resource !== "memory" && !resource.endsWith("storage")) return `${amount} of ${resource}`;
  const power = Math.min(
    4,
    Math.max(0, Math.floor(Math.log(Math.max(1, amount)) / Math.log(1024))),
  );
  const unit = ["B", "KiB", "MiB", "GiB", "TiB"][power];
  return `${Math.round((amount / 1024 ** power) * 10) / 10} ${unit} of ${resource}`;
}
