using System.CommandLine;
using System.Text.Json;
using SkyDriver.Cli.Local;
using SkyDriver.Client;
using SkyDriver.Contracts;
using SkyDriver.Products;
using SkyDriver.Products.Maps;
using SkyDriver.Scan;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver scan result</c>: fetches a result, final or so far, as files or as the service's document.</summary>
internal static class ResultCommand
{
    public static Command Create(Option<string?> server)
    {
        Argument<string> scan = ServiceCommands.ScanId();
        Option<string> folder = new("--out", "-o") { Description = "Folder for the files written.", DefaultValueFactory = _ => "out", HelpName = "DIR" };
        Option<bool> partial = new("--partial") { Description = "Also take a result that is not final." };
        string[] names = [.. ProductKind.All.Select(kind => kind.Name)];
        Option<string[]> forms = new Option<string[]>("--to", "-t") { Description = "Forms to write, as 'skydriver convert' has them [default: all].", AllowMultipleArgumentsPerToken = true, HelpName = "FORM" }
            .AcceptOnlyFromAmong(names);
        return ServiceCommands.Of("result", """
            Fetches the result of a scan and writes it as .npz and .json, with its maps, regions and drafts.
            With --json it prints the service's document instead and writes nothing. Exit code 4: there is no result (yet).
            """, server, [scan, folder, partial, forms], async (parsed, client, output, interrupted) =>
        {
            string id = parsed.GetValue(scan)!;
            if (!output.ForPeople) return await PrintAsync(client, id, interrupted);
            string target = Path.GetFullPath(parsed.GetValue(folder)!);
            OutputFiles.Probe(target);
            ScanResultDocument result = await client.FindResultAsync(id, interrupted) ?? throw None(id);
            if (!result.IsFinal && !parsed.GetValue(partial)) throw new CommandException(ExitCodes.NotFound, "There is a partial result only; take it with --partial, or wait with 'skydriver scan watch'.");
            ScanRequestV1 request = await client.GetRequestAsync(id, interrupted);
            string[] chosen = parsed.GetValue(forms) is { Length: > 0 } some ? some : names;
            SkyScanResult map = SkyScanResult.FromJson(JsonSerializer.SerializeToUtf8Bytes(result.SkyscanResult));
            LevelSet? levels = Levels(map, request, await client.GetManifestAsync(id, interrupted));
            ScanProducts products = new(map, new(request.RecoAlgo) { Levels = levels, EventSha256 = request.I3EventId, Settings = Settings(request) });
            OutputFiles.Print(OutputFiles.Write(target, products, ProductKind.All.Where(kind => chosen.Contains(kind.Name))));
            return ExitCodes.Done;
        });
    }

    // The same limits as the command that scanned: a simulated event's are those for its light, as the scan saw it.
    private static LevelSet? Levels(SkyScanResult map, ScanRequestV1 request, ScanManifest manifest)
    {
        if (map.Metadata is not { Event.IsRealEvent: false } || map.BestFit is not { } best) return null;
        if (ScanNumbers.Find(manifest.Progress, "opinions") is not { } look) return null;
        return CalibratedLevels.ForEvent(request.RecoAlgo, best.Llh, look.GetProperty("modules").GetInt32(), look.GetProperty("charge").GetDouble());
    }

    private static string Settings(ScanRequestV1 request) =>
        ScanJob.Describe(request.Nsides.Select(step => (step.Key, step.Value)), request.PredictiveScanningThreshold);

    private static async Task<int> PrintAsync(SkyDriverClient client, string id, CancellationToken interrupted)
    {
        // By way of a file: a download that breaks off starts over, and what was printed cannot be taken back.
        await using FileStream kept = new(Path.GetTempFileName(), new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose });
        if (!await client.DownloadResultAsync(id, kept, interrupted)) throw None(id);
        kept.Position = 0;
        await using Stream console = Console.OpenStandardOutput();
        await kept.CopyToAsync(console, interrupted);
        await console.WriteAsync("\n"u8.ToArray(), interrupted);
        return ExitCodes.Done;
    }

    private static CommandException None(string id) => new(ExitCodes.NotFound, $"Scan {id} has no result yet; wait with 'skydriver scan watch {id}'.");
}
