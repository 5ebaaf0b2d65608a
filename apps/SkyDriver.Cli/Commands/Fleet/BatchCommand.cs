using System.CommandLine;
using SkyDriver.Client;
using SkyDriver.Client.Fleet;
using SkyDriver.Contracts.Fleet;
using static SkyDriver.Cli.Commands.Fleet.FleetCommands;

namespace SkyDriver.Cli.Commands.Fleet;

/// <summary><c>skydriver batch</c></summary>
internal static class BatchCommand
{
    private static readonly Option<int?> Signal = new("--signal") { Description = "Number of a signal for each running execution.", HelpName = "N" };

    public static Command Create() => Noun(
        "batch",
        "Looks after batches of tasks.",
        List(),
        Act("stop", "Pauses the workers of a batch.", [Signal], (parsed, fleet, batch) => fleet.BatchStopAsync(batch, parsed.GetValue(Signal))),
        Act("go", "Lets the workers of a batch go on.", [Signal], (parsed, fleet, batch) => fleet.BatchGoAsync(batch, parsed.GetValue(Signal))),
        Act("delete", "Removes tasks, executions and recruiters of a batch. Live work is killed; workers stay.", [], (_, fleet, batch) => fleet.BatchDeleteAsync(batch)));

    private static Command List() => Of("list", "Lists batches.", [], async (_, fleet, output, interrupted) =>
        Show(output, await fleet.BatchesAsync(interrupted), ["batch", "waiting", "pending", "running", "failed", "succeeded", "other", "workers"], batch =>
        [
            batch.Batch, Text(batch.Waiting), Text(batch.Pending + batch.ExternalPending), Text(batch.Assigned + batch.Accepted + batch.Running), Text(batch.Failed), Text(batch.Succeeded),
            Text(batch.Paused + batch.Debug), Text(batch.Workers.Count),
        ]));

    private static Command Act(string name, string description, Option[] options, Func<ParseResult, FleetClient, string, Pending<FleetResultV1>> act)
    {
        Argument<string> batch = new("BATCH") { Description = "Name of the batch." };
        return Of(name, description, [batch, .. options], async (parsed, fleet, output, interrupted) =>
        {
            FleetResultV1 result = await act(parsed, fleet, parsed.GetValue(batch)!).AsTask().WaitAsync(interrupted);
            if (output.ForPeople) Console.WriteLine(result.Result);
            else output.Write(result);
            return ExitCodes.Done;
        });
    }
}
