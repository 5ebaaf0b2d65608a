using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SkyDriver.Cli.Local;
using SkyDriver.Client;
using SkyDriver.Contracts;
using SkyDriver.Products;
using SkyDriver.Products.Maps;
using SkyDriver.Scan;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver scan</c>: from an event file to the sky map.</summary>
internal static class ScanCommand
{
    /// <summary>Longer than a scanner waits for its look at an event.</summary>
    private static readonly TimeSpan LastWordPatience = TimeSpan.FromSeconds(20);

    public static Command Create()
    {
        Command command = CreateRun("scan", "skydriver scan", "\n\n'scan EVENT' is short for 'scan run EVENT'; the other commands look after scans of a service.");
        command.Add(CreateRun("run", "skydriver scan run", ""));
        foreach (Command other in ServiceCommands.Create()) command.Add(other);
        return command;
    }

    private static Command CreateRun(string name, string called, string note)
    {
        ScanOptions what = new();
        Option<string?> server = new("--server") { Description = "Scan on this service [default: SKYDRIVER_SERVER, else on this machine].", HelpName = "URL" };
        Option<string?> components = LocalOptions.Components();
        Option<string?> data = LocalOptions.Data();
        Option<string> runtime = LocalOptions.Runtime();
        Option<bool> json = new("--json") { Description = "Print one JSON document instead of text." };
        Option<bool> detach = new("--detach") { Description = "With --server: print the scan id and do not wait." };
        Option<int?> priority = new("--priority") { Description = "From 100 on the scan never waits behind others.", HelpName = "N" };
        Option<string> cluster = new("--cluster") { Description = "Place where the service starts the workers.", DefaultValueFactory = _ => "local", HelpName = "NAME" };
        Command command = new(name, $"""
            Scans the sky for where an event came from, and writes the result, a full-sky map and a map of the best region.
            Without a service it starts what it needs on this machine and ends it again; Ctrl-C aborts the scan and leaves nothing
            behind. A scan of a service goes on after Ctrl-C.

            Examples:
              {called} examples/track.json
              {called} alert.json --nsides 8:0 64:12 512:24 --workers 8 --out maps
              {called} alert.json --reco-algo pandel_spe --json
              {called} alert.json --server http://127.0.0.1:8080{note}
            """)
        {
            server, components, data, runtime, detach, priority, cluster, json,
        };
        what.AddTo(command, hidesEvent: note != "");
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(async interrupted =>
        {
            ScanJob job = what.Judge(parsed) with { Priority = parsed.GetValue(priority), Cluster = parsed.GetValue(cluster)! };
            Uri? service = ServiceConnection.Given(parsed.GetValue(server));
            if (parsed.GetValue(detach)) return await DetachAsync(job, service ?? throw CommandException.Usage("--detach: a scan of this machine ends with this command; give --server as well."), parsed.GetValue(json), interrupted);
            ScanReport report = new(job, parsed.GetValue(json));
            // Said before a minute of work, not after it.
            OutputFiles.Probe(job.OutFolder);
            if (service is not null) return await ScanAsync(job, service, report, interrupted);

            Installation installation = Installation.Find();
            string? kept = parsed.GetValue(data);
            string folder = kept is null ? Directory.CreateTempSubdirectory("skydriver-data-").FullName : Path.GetFullPath(kept);
            try
            {
                report.Say("starting the services");
                LocalStackOptions options = new(Port: 0, Path.GetFullPath(parsed.GetValue(components) ?? installation.DefaultComponents), folder, parsed.GetValue(runtime) == LocalOptions.Daprd, job.Workers);
                await using LocalStack stack = await LocalStack.StartAsync(installation, options, interrupted);
                return await ScanAsync(job, stack.Address, report, interrupted, stack);
            }
            finally
            {
                if (kept is null) Directory.Delete(folder, recursive: true);
            }
        }));
        return command;
    }

    private static async Task<int> ScanAsync(ScanJob job, Uri address, ScanReport report, CancellationToken interrupted, LocalStack? stack = null)
    {
        using ServiceConnection connection = ServiceConnection.Open(address);
        SkyDriverClient client = connection.Client;
        ScanManifest manifest = await LaunchAsync(client, job, interrupted);
        // A watch follows a scan that is replaced, and outlasts a lost connection.
        WatchOptions untilEnd = new() { UntilComplete = stack is not null };
        try
        {
            manifest = await report.FollowAsync(client.WatchAsync(manifest.ScanId, untilEnd, interrupted), () => ThrowIfEnded(stack));
        }
        catch (OperationCanceledException) when (stack is null)
        {
            // Others may wait for it by now, and a laptop that is closed must not end an alert's scan.
            throw new CommandException(ExitCodes.Interrupted, $"Scan {manifest.ScanId} goes on at {connection.Server}; see it with 'skydriver scan watch {manifest.ScanId}', end it with 'skydriver scan abort {manifest.ScanId}'.");
        }
        catch (OperationCanceledException)
        {
            report.Say("aborting the scan");
            await client.AbortAsync(manifest.ScanId, CancellationToken.None);
            throw;
        }

        if (!manifest.Lifecycle.HasFinalResult)
        {
            throw stack is null ? Refusals.Of(manifest)
                : new(ExitCodes.ScanFailed, $"{manifest.Lifecycle.Failure ?? $"The scan ended as {ScanState.Of(manifest)}."}{Environment.NewLine}Last lines of the services' log:{Environment.NewLine}{stack.LastLines(12)}");
        }

        ScanResultDocument result = await client.FindResultAsync(manifest.ScanId, interrupted) ?? throw new CommandException(ExitCodes.Failed, "The scan is done but its result is missing; look at the service's log.");
        SkyScanResult map = SkyScanResult.FromJson(JsonSerializer.SerializeToUtf8Bytes(result.SkyscanResult));
        report.Say("drawing the maps");
        ScanProducts products = new(map, new(job.RecoAlgo) { Levels = Levels(job, map), EventSha256 = manifest.I3EventId, Settings = job.SettingsText });
        IReadOnlyList<string> files = OutputFiles.Write(job.OutFolder, products, ProductKind.All);
        report.Finish(await LastWordAsync(client, manifest, interrupted), products, files);
        return ExitCodes.Done;
    }

    // A service's result is there before the scan's last progress, which has the numbers and what the event looks like.
    private static async Task<ScanManifest> LastWordAsync(SkyDriverClient client, ScanManifest manifest, CancellationToken interrupted)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        patience.CancelAfter(LastWordPatience);
        using PeriodicTimer pause = new(TimeSpan.FromMilliseconds(200));
        try
        {
            while (!IsTold(manifest = await client.GetManifestAsync(manifest.ScanId, patience.Token))) await pause.WaitForNextTickAsync(patience.Token);
        }
        catch (Exception fault) when (fault is SkyDriverException || (fault is OperationCanceledException && !interrupted.IsCancellationRequested))
        {
            // The files are written; the report says what is known.
        }

        return manifest;

        static bool IsTold(ScanManifest manifest) => manifest.Lifecycle.Phase is not (ScanPhase.Launching or ScanPhase.Scanning);
    }

    /// <summary>The event is at hand, so a simulated one's limits can be those for its light.</summary>
    private static LevelSet? Levels(ScanJob job, SkyScanResult map) => job.IsReal || map.BestFit is not { } best
        ? null
        : CalibratedLevels.ForEvent(job.RecoAlgo, best.Llh, job.Event.CleanedHits.Count, job.Event.CleanedHits.Sum(hit => hit.Charge));

    private static void ThrowIfEnded(LocalStack? stack)
    {
        if (stack is { Ended.IsCompleted: true }) throw new CommandException(ExitCodes.Failed, $"The services ended during the scan. Last lines of their log:{Environment.NewLine}{stack.LastLines(15)}");
    }

    private static async Task<int> DetachAsync(ScanJob job, Uri server, bool json, CancellationToken interrupted)
    {
        using ServiceConnection connection = ServiceConnection.Open(server);
        ScanManifest manifest = await LaunchAsync(connection.Client, job, interrupted);
        Console.WriteLine(json ? JsonSerializer.Serialize(new { scan_id = manifest.ScanId }) : manifest.ScanId);
        return ExitCodes.Done;
    }

    private static async Task<ScanManifest> LaunchAsync(SkyDriverClient client, ScanJob job, CancellationToken interrupted)
    {
        using JsonDocument document = JsonDocument.Parse(job.EventJson);
        LaunchScan launch = new()
        {
            RequestClusters = [new(job.Cluster, job.Workers)],
            RecoAlgo = job.RecoAlgo,
            Event = document.RootElement,
            Nsides = new(job.Nsides.Steps.Select(s => KeyValuePair.Create(s.Nside.ToString(CultureInfo.InvariantCulture), s.PixelExtension))),
            RealOrSimulated = job.IsReal ? "real" : "simulated",
            PredictiveScanningThreshold = job.Threshold,
            Priority = job.Priority,
        };
        return await client.LaunchAsync(launch, cancellationToken: interrupted);
    }
}
