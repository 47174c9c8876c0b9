import type { DiagnosisCode } from './diagnosis-codes.ts';

/** An ECS text that matches all patterns has this code. */
export interface TextRule {
  readonly code: DiagnosisCode;
  readonly matches: readonly RegExp[];
}

// AWS writes both straight and curly apostrophes.
const denied =
  /access ?denied|not authorized to perform|access to KMS is not allowed|40[13] (?:forbidden|unauthorized)|\bunauthorized\b|no basic auth credentials|credentials: not found|authorization failed|authentication required|incorrect username or password|status ?code: 40[13]/i;
const unreachable =
  /i\/o timeout|timed? ?out|deadli|cancell?ed|RequestCancell?ed|connection (?:refused|reset|issue)|no such host|network configuration|send request failed|StatusCode: 0\b|signal: killed|could not reach|TLS handshake|\bEOF\b/i;
const absent =
  /ResourceNotFound|not found|does(?: not|n['’]t) exist|can(?:['’]t|not) find|ParameterNotFound|invalid (?:ssm )?parameters|did not contain json key|name unknown|manifest unknown|\(404\)|\b404 not found|check whether the \w+ exists/i;

// What a text is about. "unable to pull secrets or registry auth" precedes texts about secrets and
// about images alike, so no pattern may rely on it.
const aboutSecret =
  /secrets? (?:data )?from|secrets? ?manager|parameter store|retrieve secrets?|fetch(?:ing)? secret|kms:Decrypt/i;
const aboutLog = /logger args|log(?:ging)? ?driver|cloudwatch log|awslogs/i;
const aboutVolume =
  /\bE[FB]S (?:utils|volume)|mount\.nfs|CannotCreateVolumeError|VolumeDriver|\/ecs\/volumes\//i;
const aboutImage =
  /CannotPull(?:ECR)?Container|pull(?:ing)? image|can(?:['’]?t|not) pull|ecr registry auth|api\.ecr\.|\becr:[A-Z]|image reference|invalid reference format|pull access denied/i;
const aboutInstances = /unable to launch instance\(s\) for capacity provider/i;
const aboutInterface = /network interface|\bENI\b|netplugin/i;

/**
 * Tried in order, and the first match counts, so narrow rules come first. The texts come from
 * aws-ecs.md B.2, from the Amazon ECS Developer Guide's pages on stopped tasks and from the sources
 * of the ECS agent. The tests name the source of each.
 */
export const textRules: readonly TextRule[] = [
  {
    // Managed Instances: ECS asked EC2 for an instance, and EC2's own error follows the colon
    // (aws-ecs.md B.2.3).
    code: 'ecs.capacity.quota',
    matches: [aboutInstances, /LimitExceeded|MaxSpotInstanceCountExceeded/],
  },
  {
    code: 'ecs.infrastructure_role.denied',
    matches: [aboutInstances, /UnauthorizedOperation|AccessDenied/],
  },
  {
    code: 'ecs.capacity.ec2',
    matches: [aboutInstances, /UnfulfillableCapacity|Insufficient\w*Capacity|capacity/i],
  },
  {
    code: 'ecs.wrong_architecture',
    matches: [
      /exec format error|descriptor (?:matching|for) platform|no matching manifest for|no match for platform/i,
    ],
  },
  { code: 'ecs.out_of_memory', matches: [/OutOfMemory|killed due to memory usage/i] },

  { code: 'ecs.role_not_assumable', matches: [/unable to assume the (?:service linked )?role/i] },

  { code: 'ecs.secret.denied', matches: [aboutSecret, denied] },
  { code: 'ecs.secret.not_found', matches: [aboutSecret, absent] },
  { code: 'ecs.secret.unreachable', matches: [aboutSecret, unreachable] },
  { code: 'ecs.secret.failed', matches: [aboutSecret] },
  {
    // A JSON key was requested, but the secret is not JSON.
    code: 'ecs.secret.failed',
    matches: [
      /pull secrets or registry auth/i,
      /invalid character .{1,40} (?:in literal|looking for|after)/i,
    ],
  },

  { code: 'ecs.log_driver.denied', matches: [aboutLog, denied] },
  // "cannot find the log group ... There is a connection issue": the connection needs fixing.
  { code: 'ecs.log_driver.failed', matches: [aboutLog, unreachable] },
  { code: 'ecs.log_driver.not_found', matches: [aboutLog, absent] },
  { code: 'ecs.log_driver.failed', matches: [aboutLog] },

  { code: 'ecs.volume_failed', matches: [aboutVolume] },
  { code: 'ecs.env_file.failed', matches: [/download env files/i] },

  {
    code: 'ecs.image_pull.throttled',
    matches: [aboutImage, /toomanyrequests|pull rate limit|rate exceeded/i],
  },
  {
    code: 'ecs.no_disk_space',
    matches: [/no space left on device|thin pool|disk quota exceeded/i],
  },
  {
    // The agent checked: the registry answered "denied", but the image does not exist.
    code: 'ecs.image_pull.not_found',
    matches: [
      aboutImage,
      /check whether the image exists|normalize image reference|invalid reference format/i,
    ],
  },
  { code: 'ecs.image_pull.denied', matches: [aboutImage, denied] },
  { code: 'ecs.image_pull.denied', matches: [/pull access denied/i] },
  { code: 'ecs.image_pull.not_found', matches: [aboutImage, absent] },
  { code: 'ecs.image_pull.timeout', matches: [aboutImage, unreachable] },
  {
    code: 'ecs.image_pull.timeout',
    matches: [aboutImage, /error pulling image conf|pull command failed: panic/i],
  },
  { code: 'ecs.image_pull.failed', matches: [aboutImage] },
  { code: 'ecs.image_pull.timeout', matches: [/pull secrets or registry auth/i, unreachable] },

  {
    code: 'ecs.command_not_found',
    matches: [/executable file not found|exec: .{0,300}no such file or directory/i],
  },
  { code: 'ecs.not_executable', matches: [/exec: .{0,300}permission denied/i] },
  {
    code: 'ecs.bad_command',
    matches: [/Cannot(?:Start|Create)ContainerError|no command specified/i],
  },

  { code: 'ecs.capacity.ec2', matches: [/\bRESOURCE:[A-Z]|unused device index/] },
  {
    code: 'ecs.capacity.ec2',
    matches: [
      /no active instances|empty capacity provider|no container instances|insufficient (?:cpu|memory) units|^INACTIVE$/i,
    ],
  },
  {
    code: 'ecs.network.refused',
    matches: [
      aboutInterface,
      /TagPolicyViolation|AuthFailure|UnauthorizedOperation|LimitExceeded|Invalid(?:Subnet|Group)/i,
    ],
  },
  {
    code: 'ecs.network.ip_addresses_exhausted',
    matches: [
      /insufficient ?free ?addresses|public IP assignment enabled in subnet|free IP addresses/i,
    ],
  },
  { code: 'ecs.network.eni_timeout', matches: [aboutInterface] },

  {
    code: 'ecs.capacity.quota',
    matches: [/reached the limit on the number of|configuration is above your limit|vcpu limit/i],
  },
  { code: 'ecs.capacity.fargate', matches: [/capacity is unavailable|^no capacity/i] },
  {
    code: 'ecs.placement_constraint',
    matches: [/placement constraint|(?:^|: )ATTRIBUTE\b|not compatible with the selected compute/i],
  },
  {
    code: 'ecs.agent_lost',
    matches: [
      /(?:^|: )AGENT\b|ECS agent to start|ContainerVanished|no container matching saved ID/i,
    ],
  },

  { code: 'ecs.spot.interrupted', matches: [/spot task was interrupted|SpotInterruption/i] },
  {
    code: 'ecs.host_retired',
    matches: [
      /^Host EC2 ?\(instance|^Container instance deregistration|^Task stopped during instance draining|scheduled for retirement|ECS is performing maintenance/i,
    ],
  },
  { code: 'ecs.health_check_failed', matches: [/failed (?:\S{1,40} )?health checks?/i] },
  { code: 'ecs.stopped_by_service', matches: [/^Scaling activity initiated by/i] },
  { code: 'ecs.stopped_by_user', matches: [/^Task stopped by user/i] },

  {
    code: 'ecs.runtime_timeout',
    matches: [/could not transition to|(?:Docker|ContainerRuntime)TimeoutError/i],
  },
  {
    code: 'ecs.internal_error',
    matches: [
      /\bInternalError\b|ContainerRuntimeError|Cannot(?:Inspect|Stop|Describe|Remove)ContainerError|DockerStateError|waiting for EphemeralStorage/i,
    ],
  },
  { code: 'ecs.initialization_failed', matches: [/ResourceInitializationError/i] },
];

/**
 * Codes to accept from the stopped reason of a `UserInitiated` stop, because ECS or a worker wrote
 * it. Any other reason is the free text that a user passed to StopTask: matching it against the
 * rules would invent a diagnosis.
 */
export const codesOfForcedStops: readonly DiagnosisCode[] = [
  'ecs.host_retired',
  'ecs.start_timeout',
  'ecs.stopped_by_user',
];

export function ruleFor(text: string): TextRule | undefined {
  return textRules.find((rule) => rule.matches.every((pattern) => pattern.test(text)));
}

/** Stopped reasons without information: the container's reason may have more. */
export const saysNothing = /^(?:Essential container in task exited|Task failed to start)\.?$/i;
