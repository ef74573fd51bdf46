// The request bodies that the protocol knows, as classes with their rules. Names are those on the wire; what is not
// named here is ignored, and an optional field that is null counts as absent.
import { IsObject, IsOptional, IsString, ValidateBy } from 'class-validator';
import type { JsonObject } from './broker.js';

function Text(): PropertyDecorator {
  return ValidateBy({
    name: 'text',
    validator: {
      validate: (value) => typeof value === 'string' && value !== '',
      defaultMessage: () => '$property must be a non-empty string',
    },
  });
}

function OptionalText(): PropertyDecorator {
  return both(IsOptional(), Text());
}

/** May be empty, too. */
function OptionalString(): PropertyDecorator {
  return both(IsOptional(), IsString({ message: '$property must be a string' }));
}

function OptionalObject(): PropertyDecorator {
  return both(IsOptional(), IsObject({ message: '$property must be an object' }));
}

function both(first: PropertyDecorator, second: PropertyDecorator): PropertyDecorator {
  return (target, property) => {
    first(target, property);
    second(target, property);
  };
}

export class ProvisionDto {
  @Text() service_id!: string;
  @Text() plan_id!: string;
  /** Deprecated like `space_guid`; whether they are needed is a setting of the broker. */
  @OptionalString() organization_guid?: string;
  @OptionalString() space_guid?: string;
  @OptionalObject() context?: JsonObject;
  @OptionalObject() parameters?: JsonObject;
  @OptionalObject() maintenance_info?: JsonObject;
}

/** `previous_values` only informs, so it is not even looked at. */
export class UpdateDto {
  @Text() service_id!: string;
  @OptionalText() plan_id?: string;
  @OptionalObject() context?: JsonObject;
  @OptionalObject() parameters?: JsonObject;
  @OptionalObject() maintenance_info?: JsonObject;
}

export class BindDto {
  @OptionalText() service_id?: string;
  @OptionalText() plan_id?: string;
  @OptionalText() predecessor_binding_id?: string;
  /** Deprecated form of `bind_resource.app_guid`. */
  @OptionalText() app_guid?: string;
  @OptionalObject() bind_resource?: JsonObject;
  @OptionalObject() context?: JsonObject;
  @OptionalObject() parameters?: JsonObject;
}

export class MaintenanceInfoDto {
  @OptionalText() version?: string;
}

export class BindResourceDto {
  @OptionalText() app_guid?: string;
}
