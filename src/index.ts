export { parseIdentifier, type InfrastructureIdentifier } from './core/outcome/identifier.ts';
