import { expect, it } from 'vitest';
import { awsWorld } from '../aws-world.test-support.ts';

it('A family has at most a million revisions, without an effect on other families', async () => {
  await using world = awsWorld();
  world.aws.accountAt().taskDefinitions.startFamilyAt('job', 1_000_000);

  const last = await world.register();
  const beyond = await world.register();

  expect(last).toMatchObject({ status: 200, taskDefinition: { revision: 1_000_000 } });
  expect(beyond).toMatchObject({
    status: 400,
    __type: 'ClientException',
    message: 'The maximum number of revisions per family has been reached.',
  });
  expect(await world.register({ family: 'other' })).toMatchObject({
    taskDefinition: { revision: 1 },
  });
});
