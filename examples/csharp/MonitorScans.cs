using SkyDriver.Client;

namespace SkyDriver.Examples;

/// <summary>Shows what happens at a service, as it happens and without gap; of one scan until that ends.</summary>
internal static class MonitorScans
{
    public static async Task<int> RunAsync(SkyDriverClient client, string? scan)
    {
        // Keep the id of the last event, and a later start of the program can go on after it.
        await foreach (ScanEvent happened in scan is null ? client.ListenToAllAsync() : client.ListenAsync(scan))
        {
            string best = happened.Event?.BestFit is { } fit ? FormattableString.Invariant($"RA {fit.RaDeg:0.00} Dec {fit.DecDeg:0.00}") : "";
            Console.WriteLine($"{happened.Id} {happened.Event?.ScanId} {happened.Kind} {happened.Event?.Phase}{best}".TrimEnd());
        }

        return 0;
    }
}
