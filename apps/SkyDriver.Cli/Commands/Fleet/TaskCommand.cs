using System.CommandLine;
using SkyDriver.Client.Fleet;
using SkyDriver.Contracts.Fleet;
using static SkyDriver.Cli.Commands.Fleet.FleetCommands;

namespace SkyDriver.Cli.Commands.Fleet;

/// <summary><c>skydriver task</c></summary>
internal static class TaskCommand
{
    public static Command Create() => Noun("task", "Looks after tasks.", New(), List(), PrintOutput(), Retry(), Kill());

    private static Command New()
    {
        Argument<string[]> words = new("COMMAND") { Description = "The command with its arguments, after --.", Arity = ArgumentArity.OneOrMore };
        Option<string?> batch = Batch("Default when not given."), name = new("--name") { Description = "Free label.", HelpName = "TEXT" };
        Option<string?> shell = new("--shell") { Description = "Program that runs COMMAND, a single word, as a script.", HelpName = "PROGRAM" };
        Option<string?> container = new("--container") { Description = "Image to run in.", HelpName = "IMAGE" }, target = new("--output") { Description = "Folder that gets the output.", HelpName = "URI" };
        Option<string[]> input = new("--input") { Description = "File to stage; may be given again.", HelpName = "URI" };
        Option<long[]> after = new("--after") { Description = "Task that must have succeeded before; may be given again.", HelpName = "ID" };
        Option<int> retry = new("--retry") { Description = "Automatic retries.", HelpName = "N" };
        return Of("create", "Creates a task, and prints its id.", [words, batch, name, shell, container, input, target, after, retry], async (parsed, fleet, output, interrupted) =>
        {
            string[] command = parsed.GetValue(words)!;
            if (parsed.GetValue(shell) is not null && command.Length > 1) throw CommandException.Usage("--shell takes the script as one word; put it in quotes.");
            TaskFieldsV1 fields = new()
            {
                Command = parsed.GetValue(shell) is null ? ShellText.Join(command) : command[0],
                Shell = parsed.GetValue(shell),
                Name = parsed.GetValue(name),
                Container = parsed.GetValue(container),
                Input = parsed.GetValue(input) is { Length: > 0 } files ? string.Join(' ', files) : null,
                Output = parsed.GetValue(target),
                RequiredTaskIds = parsed.GetValue(after) is { Length: > 0 } required ? required : null,
                Retry = parsed.GetValue(retry),
            };
            FleetTaskV1 task = await fleet.TaskCreateAsync(fields, parsed.GetValue(batch)).AsTask().WaitAsync(interrupted);
            if (output.ForPeople) Console.WriteLine(Text(task.TaskId));
            else output.Write(task);
            return ExitCodes.Done;
        });
    }

    private static Command List()
    {
        Option<string?> batch = Batch(), status = new("--status") { Description = $"In this status: {string.Join(", ", FleetTaskStatus.All)}.", HelpName = "WORD" };
        Option<int> limit = new("--limit") { Description = "At most N.", DefaultValueFactory = _ => 1000, HelpName = "N" };
        return Of("list", "Lists tasks by id.", [batch, status, limit], async (parsed, fleet, output, interrupted) =>
        {
            if (parsed.GetValue(limit) < 1) throw CommandException.Usage($"--limit: {parsed.GetValue(limit)} must be 1 or more.");
            IReadOnlyList<FleetTaskV1> tasks = await fleet.TasksAsync(
                new() { Batches = WorkerCommand.One(parsed.GetValue(batch)), Statuses = WorkerCommand.One(parsed.GetValue(status)), Limit = parsed.GetValue(limit) }, interrupted);
            return Show(output, tasks, ["task", "batch", "name", "status", "since (UTC)", "retries left", "command"], task =>
                [Text(task.TaskId), task.Batch, task.Name ?? "-", task.Blocked ? $"{task.Status}, blocked" : task.Status, Time(task.StatusDate), Text(task.Retry), task.Command.ReplaceLineEndings(" ")]);
        });
    }

    private static Command PrintOutput()
    {
        Argument<long> task = new("TASK") { Description = "Id of the task." };
        return Of("output", "Prints what the latest execution of a task printed, its errors to the error output.", [task], async (parsed, fleet, output, interrupted) =>
        {
            IReadOnlyList<ExecutionV1> latest = await fleet.ExecutionsAsync(new() { TaskIds = [parsed.GetValue(task)], Latest = true, NoOutput = true }, interrupted);
            if (latest.Count == 0) throw new CommandException(ExitCodes.NotFound, $"task {Text(parsed.GetValue(task))} has no execution yet, or does not exist");
            long id = latest[^1].ExecutionId, outputAt = 1, errorAt = 1;
            while (true)
            {
                LogsV1 logs = await fleet.ExecutionOutputAsync(id, outputAt, errorAt, interrupted);
                if (string.IsNullOrEmpty(logs.Output) && string.IsNullOrEmpty(logs.Error)) return ExitCodes.Done;
                if (output.ForPeople)
                {
                    Console.Out.Write(logs.Output);
                    Console.Error.Write(logs.Error);
                }
                else
                {
                    output.Write(logs);
                }

                if (logs.OutputNext is null || logs.ErrorNext is null || (logs.OutputNext == outputAt && logs.ErrorNext == errorAt)) return ExitCodes.Done;
                (outputAt, errorAt) = (logs.OutputNext.Value, logs.ErrorNext.Value);
            }
        });
    }

    private static Command Retry()
    {
        Argument<long[]> tasks = Ids("TASK", "tasks");
        return Of("retry", "Starts tasks anew.", [tasks], (parsed, fleet, output, interrupted) =>
            EachAsync(parsed.GetValue(tasks)!, output, "is pending", id => fleet.TaskUpdateAsync(id, new() { Status = FleetTaskStatus.Pending }).AsTask().WaitAsync(interrupted)));
    }

    private static Command Kill()
    {
        Argument<long[]> tasks = Ids("TASK", "tasks");
        return Of("kill", "Ends tasks, with the processes that run for them.", [tasks], (parsed, fleet, output, interrupted) =>
            // Without retries: otherwise it would begin again.
            EachAsync(parsed.GetValue(tasks)!, output, "is killed", id => fleet.TaskUpdateAsync(id, new() { Status = FleetTaskStatus.Failed, Retry = 0 }).AsTask().WaitAsync(interrupted)));
    }
}
