import {
  CreateLogGroupInput,
  CreateLogStreamInput,
  DescribeLogStreamsInput,
  GetLogEventsInput,
  PutLogEventsInput,
} from './log-groups.ts';
import type { Operations } from './operation.ts';
import { parseInput } from './parse.ts';

export const logsOperations: Operations = {
  'logs:CreateLogGroup': (input, account) => {
    account.logs.createGroup(parseInput(CreateLogGroupInput, input).logGroupName);
    return {};
  },
  'logs:CreateLogStream': (input, account) => {
    const { logGroupName, logStreamName } = parseInput(CreateLogStreamInput, input);
    account.logs.createStream(logGroupName, logStreamName);
    return {};
  },
  'logs:PutLogEvents': (input, account) => {
    const { logGroupName, logStreamName, logEvents } = parseInput(PutLogEventsInput, input);
    account.logs.put(logGroupName, logStreamName, logEvents);
    return { nextSequenceToken: '0' };
  },
  'logs:GetLogEvents': (input, account) => account.logs.read(parseInput(GetLogEventsInput, input)),
  'logs:DescribeLogStreams': (input, account) =>
    account.logs.describeStreams(parseInput(DescribeLogStreamsInput, input)),
};
