using System.CommandLine;
using SkyDriver.Contracts.Fleet;
using static SkyDriver.Cli.Commands.Fleet.FleetCommands;

namespace SkyDriver.Cli.Commands.Fleet;

/// <summary><c>skydriver worker</c></summary>
internal static class WorkerCommand
{
    public static Command Create() => Noun("worker", "Looks after workers.", List(), Deploy(), Pause(), Destroy());

    private static Command List()
    {
        Option<string?> batch = Batch(), region = new("--region") { Description = "At this place.", HelpName = "NAME" };
        Option<string?> status = new("--status") { Description = $"In this status: {string.Join(", ", FleetWorkerStatus.All)}.", HelpName = "WORD" };
        return Of("list", "Lists workers, with the names that their launchers know them by.", [batch, region, status], async (parsed, fleet, output, interrupted) =>
        {
            IReadOnlyList<WorkerV1> workers = await fleet.WorkersAsync(new() { Batches = One(parsed.GetValue(batch)), Regions = One(parsed.GetValue(region)), Statuses = One(parsed.GetValue(status)) }, interrupted);
            return Show(output, workers, ["worker", "name", "job", "batch", "place", "status", "tasks at once", "last contact (UTC)"], worker =>
                [Text(worker.WorkerId), worker.Name, worker.LauncherId ?? "-", worker.Batch, $"{worker.Provider ?? "local"}/{worker.Region ?? "-"}", worker.Status, Text(worker.Concurrency), Time(worker.LastContactDate)]);
        });
    }

    private static Command Deploy()
    {
        Argument<int> number = new("COUNT") { Description = "How many, 1 to 10000." };
        Option<string> flavor = new("--flavor") { Description = "A resource class, or auto with a filter.", DefaultValueFactory = _ => "auto", HelpName = "NAME" };
        Option<string?> batch = Batch("For this batch; Default when not given."), provider = new("--provider") { Description = "The launcher.", HelpName = "NAME" };
        Option<string?> region = new("--region") { Description = "The place.", HelpName = "NAME" };
        Option<int> concurrency = new("--concurrency") { Description = "Tasks at once on each.", DefaultValueFactory = _ => 1, HelpName = "N" };
        Option<int> prefetch = new("--prefetch") { Description = "Tasks staged ahead.", HelpName = "N" };
        return Of("deploy", "Starts workers.", [number, flavor, batch, provider, region, concurrency, prefetch], async (parsed, fleet, output, interrupted) =>
        {
            if (parsed.GetValue(number) is < 1 or > 10_000) throw CommandException.Usage($"COUNT: {parsed.GetValue(number)} must be from 1 to 10000.");
            DeployFleetWorkersV1 request = new(
                parsed.GetValue(number), parsed.GetValue(batch) ?? FleetIds.DefaultBatch, parsed.GetValue(concurrency), parsed.GetValue(flavor)!,
                parsed.GetValue(provider), parsed.GetValue(region), parsed.GetValue(prefetch));
            JobsOrderedV1 ordered = await fleet.WorkerDeployAsync(request).AsTask().WaitAsync(interrupted);
            if (output.ForPeople) Console.WriteLine($"{Text(request.Number)} workers asked for; job {string.Join(", ", ordered.JobIds)}");
            else output.Write(ordered);
            return ExitCodes.Done;
        });
    }

    private static Command Pause()
    {
        Argument<long[]> workers = Ids("WORKER", "workers");
        Option<bool> resume = new("--resume") { Description = "Lets them go on instead." };
        return Of("pause", "Gives workers nothing new to do; what runs goes on.", [workers, resume], (parsed, fleet, output, interrupted) =>
        {
            bool back = parsed.GetValue(resume);
            WorkerFieldsV1 fields = new() { Status = back ? FleetWorkerStatus.Running : FleetWorkerStatus.Paused };
            return EachAsync(parsed.GetValue(workers)!, output, back ? "goes on" : "paused", id => fleet.WorkerUpdateAsync(id, fields).AsTask().WaitAsync(interrupted));
        });
    }

    private static Command Destroy()
    {
        Argument<long[]> workers = Ids("WORKER", "workers");
        return Of("destroy", "Gives workers back. Their work goes to others.", [workers], (parsed, fleet, output, interrupted) =>
            EachAsync(parsed.GetValue(workers)!, output, "is given back", id => fleet.WorkerDeleteAsync(id).AsTask().WaitAsync(interrupted)));
    }

    public static string[]? One(string? value) => value is null ? null : [value];
}
