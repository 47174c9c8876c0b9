import type { Account } from '../account.ts';
import {
  CreateLogGroupInput,
  CreateLogStreamInput,
  DescribeLogGroupsInput,
  DescribeLogStreamsInput,
  PutLogEventsInput,
} from './log-groups.ts';
import { filterGroup, FilterLogEventsInput, GetLogEventsInput, readStream } from './log-reads.ts';
import type { Operations } from '../operation.ts';
import { parseInput } from '../wire/parse.ts';

const isEmptyPage = ({ deps }: Account, group: string): boolean =>
  deps.logFaults.answersEmptyPage(group, deps.faultRandom);

export const logsOperations: Operations = {
  'logs:CreateLogGroup': (input, account) => {
    account.logs.createGroup(parseInput(CreateLogGroupInput, input).logGroupName);
    return {};
  },
  'logs:DeleteLogGroup': (input, account) => {
    account.logs.deleteGroup(parseInput(CreateLogGroupInput, input).logGroupName);
    return {};
  },
  'logs:DescribeLogGroups': (input, account) =>
    account.logs.describeGroups(parseInput(DescribeLogGroupsInput, input)),
  'logs:CreateLogStream': (input, account) => {
    const { logGroupName, logStreamName } = parseInput(CreateLogStreamInput, input);
    account.logs.createStream(logGroupName, logStreamName);
    return {};
  },
  'logs:DescribeLogStreams': (input, account) =>
    account.logs.describeStreams(parseInput(DescribeLogStreamsInput, input)),
  'logs:PutLogEvents': (input, account) => {
    const { logGroupName, logStreamName, logEvents } = parseInput(PutLogEventsInput, input);
    account.logs.put(logGroupName, logStreamName, logEvents);
    return { nextSequenceToken: '0' };
  },
  'logs:GetLogEvents': (input, account) => {
    const parsed = parseInput(GetLogEventsInput, input);
    const stream = account.logs.stream(parsed.logGroupName, parsed.logStreamName);
    return readStream(stream, parsed, isEmptyPage(account, parsed.logGroupName));
  },
  'logs:FilterLogEvents': (input, account) => {
    const parsed = parseInput(FilterLogEventsInput, input);
    const group = account.logs.group(parsed.logGroupName);
    return filterGroup(group, parsed, isEmptyPage(account, parsed.logGroupName));
  },
};
