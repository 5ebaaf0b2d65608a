using SkyDriver.Client;
using SkyDriver.Contracts;

namespace SkyDriver.Examples;

/// <summary>Scans many events at low priority and waits for all of them; one that fails is made once more.</summary>
internal static class ScanMany
{
    public static async Task<int> RunAsync(SkyDriverClient client, Settings settings, IEnumerable<string> eventFiles)
    {
        // Requests are sent one after the other, also over a service that is away for a while.
        await using WriteQueue queue = new(client);
        List<(string File, Pending<ScanManifest> Answer)> asked = [];
        foreach (string file in eventFiles)
        {
            LaunchScan request = await settings.RequestAsync(file);
            asked.Add((file, queue.Launch(request with { Priority = -10, Classifiers = new Dictionary<string, string> { ["batch"] = "example" } })));
        }

        Dictionary<string, string> files = [];
        foreach ((string file, Pending<ScanManifest> answer) in asked) files[(await answer).ScanId] = file;

        IReadOnlyList<JoinedScan> scans = await client.JoinAsync(files.Keys, new() { Rescans = 1 }, new Reports());
        foreach (JoinedScan scan in scans) Console.WriteLine($"{files[scan.ScanId]}: scan {scan.CurrentScanId} {scan.State} {scan.Failure}".TrimEnd());
        return scans.All(scan => scan.Succeeded) ? 0 : 1;
    }

    private sealed class Reports : IProgress<IReadOnlyList<JoinedScan>>
    {
        public void Report(IReadOnlyList<JoinedScan> value) => Console.WriteLine($"{value.Count(scan => scan.HasEnded)} of {value.Count} have ended");
    }
}
