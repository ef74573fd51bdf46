// Made from hack/new-broker/template/offering.yaml by `make generate`. Do not edit.
export interface SmallParameters {
  /**
   * How many files it may hold; ten when absent.
   */
  quota?: number;
}
