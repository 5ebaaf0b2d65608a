using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SkyDriver.Cli.Local;
using SkyDriver.Client;
using SkyDriver.Contracts;
using SkyDriver.Products;
using SkyDriver.Scan;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver scan</c>: from an event file to the sky map.</summary>
internal static class ScanCommand
{
    public static Command Create()
    {
        ScanOptions what = new();
        Option<string?> server = new("--server") { Description = "Scan on this service instead of on this machine.", HelpName = "URL" };
        Option<string?> components = LocalOptions.Components();
        Option<string?> data = LocalOptions.Data();
        Option<string> runtime = LocalOptions.Runtime();
        Option<bool> json = new("--json") { Description = "Print one JSON document instead of text." };
        Command command = new("scan", """
            Scans the sky for where an event came from, and writes the result, a full-sky map and a map of the best region.
            Starts what it needs on this machine and ends it again; Ctrl-C aborts the scan and leaves nothing behind.

            Examples:
              skydriver scan examples/track.json
              skydriver scan alert.json --nsides 8:0 64:12 512:24 --workers 8 --out maps
              skydriver scan alert.json --reco-algo pandel_spe --json
              skydriver scan alert.json --server http://127.0.0.1:8080
            """)
        {
            server, components, data, runtime, json,
        };
        what.AddTo(command);
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(async interrupted =>
        {
            ScanJob job = what.Judge(parsed);
            ScanReport report = new(job, parsed.GetValue(json));
            // Said before a minute of work, not after it.
            OutputFiles.Probe(job.OutFolder);
            if (parsed.GetValue(server) is { } url) return await ScanAsync(job, ServerAddress(url), report, interrupted);

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
        using HttpClient http = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
        SkyDriverClient client = new(http);
        using JsonDocument document = JsonDocument.Parse(job.EventJson);
        LaunchScan launch = new()
        {
            RequestClusters = [new("local", job.Workers)],
            RecoAlgo = job.RecoAlgo,
            Event = document.RootElement,
            Nsides = new(job.Nsides.Steps.Select(s => KeyValuePair.Create(s.Nside.ToString(CultureInfo.InvariantCulture), s.PixelExtension))),
            RealOrSimulated = job.IsReal ? "real" : "simulated",
            PredictiveScanningThreshold = job.Threshold,
        };
        ScanManifest manifest = await client.LaunchAsync(launch, Guid.NewGuid().ToString("N"), interrupted);
        try
        {
            manifest = await FollowAsync(client, manifest, report, stack, interrupted);
        }
        catch (OperationCanceledException)
        {
            report.Say("aborting the scan");
            await client.AbortAsync(manifest.ScanId, CancellationToken.None);
            throw;
        }

        if (manifest.Lifecycle.Phase != ScanPhase.Done)
        {
            string why = manifest.Lifecycle.Failure ?? $"the scan ended as '{manifest.Lifecycle.Phase}'";
            throw new CommandException(ExitCodes.Failed, stack is null ? why : $"{why}{Environment.NewLine}Last lines of the services' log:{Environment.NewLine}{stack.LastLines(12)}");
        }

        ScanResultDocument result = await client.FindResultAsync(manifest.ScanId, interrupted) ?? throw new CommandException(ExitCodes.Failed, "The scan is done but its result is missing; look at the service's log.");
        SkyScanResult map = SkyScanResult.FromJson(JsonSerializer.SerializeToUtf8Bytes(result.SkyscanResult));
        report.Say("drawing the maps");
        ScanProducts products = ScanProducts.Make(map, job.RecoAlgo);
        string[] files = [.. products.Files.Select(file => Path.Combine(job.OutFolder, file.Name))];
        foreach (ProductFile file in products.Files) OutputFiles.Write(Path.Combine(job.OutFolder, file.Name), file.Content);
        report.Finish(manifest, products, files);
        return ExitCodes.Done;
    }

    private static async Task<ScanManifest> FollowAsync(SkyDriverClient client, ScanManifest manifest, ScanReport report, LocalStack? stack, CancellationToken interrupted)
    {
        using PeriodicTimer pause = new(TimeSpan.FromMilliseconds(200));
        return await report.ShowProgressAsync(async show =>
        {
            while (!manifest.Complete)
            {
                await pause.WaitForNextTickAsync(interrupted);
                if (stack is { Ended.IsCompleted: true }) throw new CommandException(ExitCodes.Failed, $"The services ended during the scan. Last lines of their log:{Environment.NewLine}{stack.LastLines(15)}");
                manifest = await client.GetManifestAsync(manifest.ScanId, interrupted);
                show(manifest);
            }

            return manifest;
        });
    }

    private static Uri ServerAddress(string url) => Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" ? address
        : throw CommandException.Usage($"--server: '{url}' is not an address; give one such as http://127.0.0.1:8080.");
}
