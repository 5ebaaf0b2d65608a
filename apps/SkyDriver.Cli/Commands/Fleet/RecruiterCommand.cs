using System.CommandLine;
using SkyDriver.Contracts.Fleet;
using static SkyDriver.Cli.Commands.Fleet.FleetCommands;

namespace SkyDriver.Cli.Commands.Fleet;

/// <summary><c>skydriver recruiter</c></summary>
internal static class RecruiterCommand
{
    public static Command Create() => Noun("recruiter", "Looks after recruiters, which hire workers for a batch.", List(), Set(), Delete());

    private static Command List()
    {
        Option<string?> batch = Batch();
        return Of("list", "Lists recruiters by batch and rank.", [batch], async (parsed, fleet, output, interrupted) =>
            Show(output, await fleet.RecruitersAsync(parsed.GetValue(batch), interrupted), ["batch", "rank", "flavor", "place", "tasks a worker", "tasks at once", "from", "most"], one =>
            [
                one.Batch, Text(one.Rank), one.WorkerFlavor, one.WorkerProvider is null || one.WorkerRegion is null ? "only recycles" : $"{one.WorkerProvider}/{one.WorkerRegion}",
                Text(one.TasksPerWorker), Text(one.WorkerConcurrency), Text(one.MinimumTasks), Text(one.MaximumWorkers),
            ]));
    }

    private static Command Set()
    {
        Argument<string> batch = new("BATCH") { Description = "For whom it hires." };
        Argument<int> rank = new("RANK") { Description = "From 1; the lowest hires first." };
        Option<string> flavor = new("--flavor") { Description = "A resource class, or auto with a filter.", DefaultValueFactory = _ => "auto", HelpName = "NAME" };
        Option<int> tasks = new("--tasks-per-worker") { Description = "From 1 on.", DefaultValueFactory = _ => 1, HelpName = "N" };
        Option<int> concurrency = new("--concurrency") { Description = "Tasks at once on each.", DefaultValueFactory = _ => 1, HelpName = "N" };
        Option<string?> provider = new("--provider") { Description = "The launcher; without it workers are only recycled.", HelpName = "NAME" };
        Option<string?> region = new("--region") { Description = "The place; without it workers are only recycled.", HelpName = "NAME" };
        Option<int> prefetch = new("--prefetch") { Description = "Tasks staged ahead.", HelpName = "N" }, minimum = new("--minimum-tasks") { Description = "Hires from so many on.", HelpName = "N" };
        Option<int?> maximum = new("--maximum-workers") { Description = "No limit when not given.", HelpName = "N" };
        return Of("set", "Creates a recruiter, or replaces the one of that rank.", [batch, rank, flavor, tasks, concurrency, provider, region, prefetch, minimum, maximum], async (parsed, fleet, output, interrupted) =>
        {
            RecruiterV1 made = await fleet.RecruiterCreateAsync(new()
            {
                Batch = parsed.GetValue(batch)!,
                Rank = parsed.GetValue(rank),
                TasksPerWorker = parsed.GetValue(tasks),
                WorkerFlavor = parsed.GetValue(flavor)!,
                WorkerConcurrency = parsed.GetValue(concurrency),
                WorkerProvider = parsed.GetValue(provider),
                WorkerRegion = parsed.GetValue(region),
                WorkerPrefetch = parsed.GetValue(prefetch),
                MinimumTasks = parsed.GetValue(minimum),
                MaximumWorkers = parsed.GetValue(maximum),
            }).AsTask().WaitAsync(interrupted);
            if (output.ForPeople) Console.WriteLine($"{made.Batch} {Text(made.Rank)} set");
            else output.Write(made);
            return ExitCodes.Done;
        });
    }

    private static Command Delete()
    {
        Argument<string> batch = new("BATCH") { Description = "For whom it hires." };
        Argument<int> rank = new("RANK") { Description = "Which of its recruiters." };
        return Of("delete", "Removes a recruiter. Workers that it hired stay.", [batch, rank], async (parsed, fleet, output, interrupted) =>
        {
            RecruiterV1 gone = await fleet.RecruiterDeleteAsync(parsed.GetValue(batch)!, parsed.GetValue(rank)).AsTask().WaitAsync(interrupted);
            if (output.ForPeople) Console.WriteLine($"{gone.Batch} {Text(gone.Rank)} removed");
            else output.Write(gone);
            return ExitCodes.Done;
        });
    }
}
