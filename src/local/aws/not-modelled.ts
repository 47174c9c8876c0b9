/** What a passing test on this server does not prove. */
export const notModelled =
  'not modelled: IAM decisions and queue policies, network reachability, image pulls, cpu and ' +
  'memory limits, health checks, services; off unless asked for: eventual consistency, rate ' +
  'limits, checks of subnets and security groups, capacity failures';
