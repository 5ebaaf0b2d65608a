using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SkyDriver.Client;
using SkyDriver.Contracts;

namespace SkyDriver.Cli.Commands;

/// <summary>Commands that look after the scans of a service.</summary>
internal static class ServiceCommands
{
    private static readonly Option<string?> Server = ServiceConnection.ServerOption();
    private static readonly string[] ListMembers = ["scan_id", "timestamp", "priority", "event_metadata", "progress", "lifecycle", "complete", "is_deleted", "condor_clusters", "classifiers"];

    public static IEnumerable<Command> Create() => [List(), Show(), WatchCommand.Create(Server), ResultCommand.Create(Server), Abort(), Rescan(), AddWorkers(), Logs(), Events()];

    /// <summary>A command that works on a service, with the options all of these have.</summary>
    public static Command Of(string name, string description, Option<string?> server, IEnumerable<Symbol> symbols, Func<ParseResult, SkyDriverClient, Output, CancellationToken, Task<int>> work)
    {
        Command command = new(name, description) { server, Output.Json, Output.JsonLines };
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        command.SetAction((parsed, _) => CommandRunner.GuardAsync(async interrupted =>
        {
            Output output = new(parsed);
            if (output.IsJson && output.IsLines) throw CommandException.Usage("--json and --jsonl exclude each other; give one.");
            using ServiceConnection connection = ServiceConnection.Open(ServiceConnection.AddressOf(parsed.GetValue(server)));
            return await work(parsed, connection.Client, output, interrupted);
        }));
        return command;
    }

    public static Argument<string> ScanId() => new("SCAN") { Description = "Id of the scan." };

    private static Command List()
    {
        Option<long?> run = new("--run") { Description = "Of this run.", HelpName = "N" };
        Option<long?> number = new("--event") { Description = "Of this event.", HelpName = "N" };
        Option<bool> deleted = new("--deleted") { Description = "Also deleted ones." };
        Option<int> limit = new("--limit") { Description = "The newest N, 1 to 10000.", DefaultValueFactory = _ => 50, HelpName = "N" };
        Option<bool> backlog = new("--backlog") { Description = "Those that wait for their start." };
        return Of("list", "Lists scans, newest first.", Server, [run, number, deleted, limit, backlog], async (parsed, client, output, interrupted) =>
        {
            if (parsed.GetValue(backlog)) return Waiting(await client.GetBacklogAsync(interrupted), output);
            if (parsed.GetValue(limit) is < 1 or > 10_000) throw CommandException.Usage($"--limit: {parsed.GetValue(limit)} must be from 1 to 10000.");
            JsonObject filter = [];
            if (parsed.GetValue(run) is { } r) filter["event_metadata.run_id"] = r;
            if (parsed.GetValue(number) is { } n) filter["event_metadata.event_id"] = n;
            IReadOnlyList<ScanManifest> found = await client.FindAsync(
                new() { Filter = filter, IncludeDeleted = parsed.GetValue(deleted) ? true : null, Limit = parsed.GetValue(limit), Sort = "-timestamp", Projection = ListMembers }, interrupted);
            if (!output.ForPeople)
            {
                output.WriteAll([.. found.Select(m => new { scan_id = m.ScanId, timestamp = m.Timestamp, priority = m.Priority, scan_state = ScanState.Of(m), failure = m.Lifecycle.Failure, event_metadata = m.EventMetadata, classifiers = m.Classifiers })]);
                return ExitCodes.Done;
            }

            Output.Table(["scan", "requested (UTC)", "run", "event", "priority", "done", "state"], found.Select(Row));
            return ExitCodes.Done;
        });
    }

    private static string[] Row(ScanManifest m)
    {
        ScanNumbers numbers = ScanNumbers.Of(m);
        return
        [
            m.ScanId, Output.Time(m.Timestamp), Text(m.EventMetadata?.RunId), Text(m.EventMetadata?.EventId), Text(m.Priority),
            m.Lifecycle.HasFinalResult ? "100 %" : numbers.Expected == 0 ? "-" : $"{100 * numbers.Done / numbers.Expected} %", ScanState.Of(m),
        ];
    }

    private static int Waiting(IReadOnlyList<BacklogEntryV1> entries, Output output)
    {
        if (output.ForPeople) Output.Table(["scan", "requested (UTC)", "priority", "attempt"], entries.Select(e => new[] { e.ScanId, Output.Time(e.Timestamp), Text(e.Priority), Text(e.NextAttempt) }));
        else output.WriteAll(entries);
        return ExitCodes.Done;
    }

    private static Command Show()
    {
        Argument<string> scan = ScanId();
        return Of("show", "Shows how a scan stands, and why.", Server, [scan], async (parsed, client, output, interrupted) =>
        {
            string id = parsed.GetValue(scan)!;
            ScanStatus status = await client.GetStatusAsync(id, interrupted);
            ScanManifest manifest = await client.GetManifestAsync(id, interrupted);
            if (!output.ForPeople)
            {
                output.Write(new { status, manifest });
                return ExitCodes.Done;
            }

            ScanNumbers numbers = ScanNumbers.Of(manifest);
            List<string[]> rows =
            [
                ["scan", manifest.ScanId],
                ["state", status.ScanState],
                ["requested", $"{Output.Time(manifest.Timestamp)} UTC, priority {Text(manifest.Priority)}"],
                ["event", manifest.EventMetadata is { } what ? string.Create(CultureInfo.InvariantCulture, $"run {what.RunId}, event {what.EventId}, MJD {what.Mjd:0.00000}, {(what.IsRealEvent ? "real" : "simulated")}") : "not known yet"],
                // What was foreseen was a guess: a scan that has its final result did what there was to do.
                ["reconstructions", manifest.Lifecycle.HasFinalResult ? $"{numbers.Done}, all that were needed" : $"{numbers.Done} of {numbers.Expected}"],
                ["workers", Text(status.Workforce?.NRunning ?? 0) + " running"],
            ];
            if (numbers.BestFit is { } best) rows.Add(["best fit so far", string.Create(CultureInfo.InvariantCulture, $"RA {best.RaDeg:0.000}°  Dec {best.DecDeg:+0.000;-0.000}°  (nside {best.Nside})")]);
            if (ScanNumbers.SetAside(manifest) is { } aside) rows.Add(["set aside", aside]);
            if (manifest.Lifecycle.Waiting is { } waiting) rows.Add(["waiting", waiting]);
            if (status.Failure is { } failure) rows.Add(["failure", failure]);
            if (manifest.ReplacedByScanId is { } other) rows.Add(["replaced by", other]);
            if (status.IsDeleted) rows.Add(["deleted", "yes"]);
            foreach ((string error, int count) in status.Workforce?.TopErrors ?? new Dictionary<string, int>()) rows.Add([$"error, {Text(count)} times", error]);
            Output.Table([], rows);
            return ExitCodes.Done;
        });
    }

    private static Command Abort()
    {
        Argument<string[]> scans = new("SCAN") { Description = "Ids of the scans.", Arity = ArgumentArity.OneOrMore };
        return Of("abort", "Ends scans and takes their workers away. A result stays readable.", Server, [scans], async (parsed, client, output, interrupted) =>
        {
            // One that is not there must not keep the others running.
            SkyDriverException? refused = null;
            foreach (string id in parsed.GetValue(scans)!.Distinct())
            {
                try
                {
                    Say(await client.AbortAsync(id, interrupted), "aborted", output);
                }
                catch (SkyDriverException answer) when (!answer.IsPassing && !answer.IsUnauthorized)
                {
                    Console.Error.WriteLine($"skydriver: {id}: {answer.Message}");
                    refused = answer;
                }
            }

            return refused is null ? ExitCodes.Done : Refusals.Of(refused).ExitCode;
        });
    }

    private static Command Rescan()
    {
        Argument<string> scan = ScanId();
        Option<bool> abort = new("--abort-first") { Description = "Abort it before." }, replace = new("--replace") { Description = "Send those who ask for it to the new one." };
        return Of("rescan", "Repeats a scan under a new id, and prints that.", Server, [scan, abort, replace], async (parsed, client, output, interrupted) =>
        {
            ScanManifest manifest = await client.RescanAsync(parsed.GetValue(scan)!, parsed.GetValue(abort), parsed.GetValue(replace), cancellationToken: interrupted);
            if (output.ForPeople) Console.WriteLine(manifest.ScanId);
            else output.Write(new { scan_id = manifest.ScanId, scan_state = ScanState.Of(manifest) });
            return ExitCodes.Done;
        });
    }

    private static Command AddWorkers()
    {
        Argument<string> scan = ScanId();
        Argument<int> count = new("COUNT") { Description = "How many, from 1 on." };
        Option<string> cluster = new("--cluster") { Description = "Where.", DefaultValueFactory = _ => "local", HelpName = "NAME" };
        return Of("add-workers", "Asks for more workers for a running scan.", Server, [scan, count, cluster], async (parsed, client, output, interrupted) =>
        {
            if (parsed.GetValue(count) < 1) throw CommandException.Usage($"COUNT: {parsed.GetValue(count)} must be 1 or more.");
            AddedWorkers added = await client.AddWorkersAsync(parsed.GetValue(scan)!, parsed.GetValue(count), parsed.GetValue(cluster)!, cancellationToken: interrupted);
            if (output.ForPeople) Console.WriteLine($"{Text(added.Workers)} workers asked for at {parsed.GetValue(cluster)}");
            else output.Write(added);
            return ExitCodes.Done;
        });
    }

    private static Command Logs()
    {
        Argument<string> scan = ScanId();
        return Of("logs", "Prints what happened to a scan, and the last output of its workers.", Server, [scan], async (parsed, client, output, interrupted) =>
        {
            ScanLogs logs = await client.GetLogsAsync(parsed.GetValue(scan)!, interrupted);
            if (!output.ForPeople)
            {
                output.Write(logs);
                return ExitCodes.Done;
            }

            if (logs.Text is { Length: > 0 } text) Console.WriteLine(text);
            foreach (WorkerLogV1 worker in logs.Workers) PrintLog(worker);
            if (logs.Url is { } url) Console.WriteLine($"The scanner's own log: {url}");
            return ExitCodes.Done;
        });
    }

    private static void PrintLog(WorkerLogV1 worker)
    {
        Console.WriteLine($"--- worker {worker.Id}{(worker.IsTruncated ? ", the end of what it said" : "")}");
        foreach (string said in new[] { worker.Stdout, worker.Stderr }.Where(said => said.Length > 0)) Console.WriteLine(said.TrimEnd('\n'));
    }

    private static Command Events()
    {
        Argument<string?> scan = new("SCAN") { Description = "Id of the scan; all scans when not given.", Arity = ArgumentArity.ZeroOrOne };
        Option<long> after = new("--after") { Description = "Go on after this event.", HelpName = "ID" };
        return Of("events", "Prints what happens, as it happens; of one scan until that ends. A lost connection is taken up again without gap.", Server, [scan, after], async (parsed, client, output, interrupted) =>
        {
            if (output.IsJson) throw CommandException.Usage("--json: a stream has no end; take --jsonl.");
            IAsyncEnumerable<ScanEvent> events = parsed.GetValue(scan) is { } id ? client.ListenAsync(id, parsed.GetValue(after), interrupted) : client.ListenToAllAsync(parsed.GetValue(after), interrupted);
            await foreach (ScanEvent item in events)
            {
                if (output.IsLines) output.Write(new { id = item.Id, kind = item.Kind, @event = item.Event });
                else Console.WriteLine(Line(item));
            }

            return ExitCodes.Done;
        });
    }

    private static string Line(ScanEvent item) => item.Event is { } what
        ? $"{Output.Time(what.Timestamp)} {what.ScanId} {item.Kind} {what.Phase ?? (what.ResultRevision is null ? "" : what.IsFinal ? "final" : "partial")} {what.Message}".TrimEnd()
        : "some events were missed for good; 'skydriver scan show' has the present state";

    private static void Say(ScanManifest manifest, string what, Output output)
    {
        if (output.ForPeople) Console.WriteLine($"{manifest.ScanId} {what}");
        else output.Write(new { scan_id = manifest.ScanId, scan_state = ScanState.Of(manifest) });
    }

    private static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
