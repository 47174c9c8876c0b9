// Made by scripts/aws-shapes.mjs from the AWS SDK's schemas. Do not edit.

/** One structure a paragraph: `member:type`, default text; `*` required, `[]` list, `{}` map. */
export const shapeTable = `
RegisterTaskDefinitionRequest: family* containerDefinitions*:ContainerDefinition[] taskRoleArn
  executionRoleArn networkMode volumes:Volume[]
  placementConstraints:TaskDefinitionPlacementConstraint[] requiresCompatibilities:text[] cpu memory
  tags:Tag[] pidMode ipcMode proxyConfiguration:ProxyConfiguration
  inferenceAccelerators:InferenceAccelerator[] ephemeralStorage:EphemeralStorage
  runtimePlatform:RuntimePlatform enableFaultInjection:boolean
ContainerDefinition: name image repositoryCredentials:RepositoryCredentials cpu:integer
  memory:integer memoryReservation:integer links:text[] portMappings:PortMapping[] essential:boolean
  restartPolicy:ContainerRestartPolicy entryPoint:text[] command:text[] environment:KeyValuePair[]
  environmentFiles:EnvironmentFile[] mountPoints:MountPoint[] volumesFrom:VolumeFrom[]
  linuxParameters:LinuxParameters secrets:Secret[] dependsOn:ContainerDependency[]
  startTimeout:integer stopTimeout:integer versionConsistency hostname user workingDirectory
  disableNetworking:boolean privileged:boolean readonlyRootFilesystem:boolean dnsServers:text[]
  dnsSearchDomains:text[] extraHosts:HostEntry[] dockerSecurityOptions:text[] interactive:boolean
  pseudoTerminal:boolean dockerLabels:text{} ulimits:Ulimit[] logConfiguration:LogConfiguration
  healthCheck:HealthCheck systemControls:SystemControl[] resourceRequirements:ResourceRequirement[]
  firelensConfiguration:FirelensConfiguration credentialSpecs:text[]
RepositoryCredentials: credentialsParameter*
PortMapping: containerPort:integer hostPort:integer protocol name appProtocol containerPortRange
ContainerRestartPolicy: enabled*:boolean ignoredExitCodes:integer[] restartAttemptPeriod:integer
KeyValuePair: name value
EnvironmentFile: value* type*
MountPoint: sourceVolume containerPath readOnly:boolean
VolumeFrom: sourceContainer readOnly:boolean
LinuxParameters: capabilities:KernelCapabilities devices:Device[] initProcessEnabled:boolean
  sharedMemorySize:integer tmpfs:Tmpfs[] maxSwap:integer swappiness:integer
KernelCapabilities: add:text[] drop:text[]
Device: hostPath* containerPath permissions:text[]
Tmpfs: containerPath* size*:integer mountOptions:text[]
Secret: name* valueFrom*
ContainerDependency: containerName* condition*
HostEntry: hostname* ipAddress*
Ulimit: name* softLimit*:integer hardLimit*:integer
LogConfiguration: logDriver* options:text{} secretOptions:Secret[]
HealthCheck: command*:text[] interval:integer timeout:integer retries:integer startPeriod:integer
SystemControl: namespace value
ResourceRequirement: type* value sharingStrategy:SharingStrategy
SharingStrategy: nvidiaMps:NvidiaMpsAllocation
NvidiaMpsAllocation: memory*:integer maxComputePercent:integer
FirelensConfiguration: type* options:text{}
Volume: name host:HostVolumeProperties dockerVolumeConfiguration:DockerVolumeConfiguration
  efsVolumeConfiguration:EFSVolumeConfiguration
  s3filesVolumeConfiguration:S3FilesVolumeConfiguration
  fsxWindowsFileServerVolumeConfiguration:FSxWindowsFileServerVolumeConfiguration
  configuredAtLaunch:boolean
HostVolumeProperties: sourcePath
DockerVolumeConfiguration: scope autoprovision:boolean driver driverOpts:text{} labels:text{}
EFSVolumeConfiguration: fileSystemId* rootDirectory transitEncryption transitEncryptionPort:integer
  authorizationConfig:EFSAuthorizationConfig
EFSAuthorizationConfig: accessPointId iam
S3FilesVolumeConfiguration: fileSystemArn* rootDirectory transitEncryptionPort:integer
  accessPointArn
FSxWindowsFileServerVolumeConfiguration: fileSystemId* rootDirectory*
  authorizationConfig*:FSxWindowsFileServerAuthorizationConfig
FSxWindowsFileServerAuthorizationConfig: credentialsParameter* domain*
TaskDefinitionPlacementConstraint: type expression
Tag: key value
ProxyConfiguration: containerName* type properties:KeyValuePair[]
InferenceAccelerator: deviceName* deviceType*
EphemeralStorage: sizeInGiB*:integer
RuntimePlatform: cpuArchitecture operatingSystemFamily
RunTaskRequest: taskDefinition* capacityProviderStrategy:CapacityProviderStrategyItem[] cluster
  count:integer enableECSManagedTags:boolean enableExecuteCommand:boolean group launchType
  networkConfiguration:NetworkConfiguration overrides:TaskOverride
  placementConstraints:PlacementConstraint[] placementStrategy:PlacementStrategy[] platformVersion
  propagateTags referenceId startedBy tags:Tag[] clientToken
  volumeConfigurations:TaskVolumeConfiguration[]
CapacityProviderStrategyItem: capacityProvider* weight:integer base:integer
NetworkConfiguration: awsvpcConfiguration:AwsVpcConfiguration
AwsVpcConfiguration: subnets*:text[] securityGroups:text[] assignPublicIp
TaskOverride: containerOverrides:ContainerOverride[] cpu
  inferenceAcceleratorOverrides:InferenceAcceleratorOverride[] executionRoleArn memory taskRoleArn
  ephemeralStorage:EphemeralStorage
ContainerOverride: name command:text[] environment:KeyValuePair[] environmentFiles:EnvironmentFile[]
  cpu:integer memory:integer memoryReservation:integer resourceRequirements:ResourceRequirement[]
InferenceAcceleratorOverride: deviceName deviceType
PlacementConstraint: type expression
PlacementStrategy: type field
TaskVolumeConfiguration: name* managedEBSVolume:TaskManagedEBSVolumeConfiguration
TaskManagedEBSVolumeConfiguration: roleArn* encrypted:boolean kmsKeyId volumeType sizeInGiB:integer
  snapshotId volumeInitializationRate:integer iops:integer throughput:integer
  tagSpecifications:EBSTagSpecification[] terminationPolicy:TaskManagedEBSVolumeTerminationPolicy
  filesystemType
EBSTagSpecification: resourceType* tags:Tag[] propagateTags
TaskManagedEBSVolumeTerminationPolicy: deleteOnTermination*:boolean
TagResourceRequest: resourceArn* tags*:Tag[]
StsAssumeRoleRequest: RoleArn* RoleSessionName* PolicyArns:StsPolicyDescriptorType[] Policy
  DurationSeconds:integer Tags:StsTag[] TransitiveTagKeys:text[] ExternalId SerialNumber TokenCode
  SourceIdentity ProvidedContexts:StsProvidedContext[] MinimumSessionTokenSize:integer
StsPolicyDescriptorType: arn
StsTag: Key* Value*
StsProvidedContext: ProviderArn ContextAssertion
`;

/** Members that DescribeTaskDefinition returns and RegisterTaskDefinition does not accept. */
export const readOnlyOfDefinition: ReadonlySet<string> = new Set([
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'deregisteredAt',
  'deleteRequestedAt',
  'registeredBy',
]);
