using System.Text.Json;
using SkyDriver.Client;
using SkyDriver.Contracts;

namespace SkyDriver.Examples;

/// <summary>Scans one event, shows how it goes, and looks at the result.</summary>
internal static class ScanOne
{
    public static async Task<int> RunAsync(SkyDriverClient client, Settings settings, string eventFile)
    {
        string scan = (await client.LaunchAsync(await settings.RequestAsync(eventFile))).ScanId;
        Console.WriteLine($"scan {scan}");

        // Ends with the scan; a lost connection is only shown.
        ScanManifest? last = null;
        await foreach (ScanSight sight in client.WatchAsync(scan))
        {
            last = sight.Manifest ?? last;
            if (sight.Lost is not null) Console.WriteLine("connection lost, trying again");
            foreach (ScanEvent happened in sight.News) Console.WriteLine($"{happened.Kind} {happened.Event?.Phase}".TrimEnd());
        }

        Console.WriteLine(ScanState.Of(last!));
        if (await client.FindResultAsync(last!.ScanId) is not { IsFinal: true } result)
        {
            Console.Error.WriteLine(last.Lifecycle.Failure ?? "The scan ended without a final result.");
            return 1;
        }

        foreach (JsonProperty round in result.SkyscanResult.EnumerateObject().Where(member => member.Name.StartsWith("nside-", StringComparison.Ordinal)))
        {
            Console.WriteLine($"{round.Name}: {round.Value.GetProperty("data").GetArrayLength()} pixels");
        }

        return 0;
    }
}
