using System.Globalization;
using Dapr.Client;
using SkyDriver.Contracts;

namespace SkyDriver.Benchmarks.Rest;

/// <summary>Scans that ended long ago, put straight into the store; a hundred a day, each of an event of its own.</summary>
internal sealed class StoredScans(DaprClient store)
{
    private const int PerDay = 100;
    private static readonly DateTimeOffset First = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public int Count { get; private set; }

    public static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"19b{number:x8}x0a1b2c3d4e5f60718293a");

    public static (long Run, long Event) EventOf(int number) => (120_000 + number % 1000, number);

    /// <param name="count">A multiple of a hundred.</param>
    public async Task FillAsync(int count)
    {
        List<string> days = [.. Enumerable.Range(0, Count / PerDay).Select(d => Day(d * PerDay))];
        for (; Count < count; Count += PerDay)
        {
            int[] numbers = [.. Enumerable.Range(Count, PerDay)];
            await store.SaveBulkStateAsync(Components.StateStore, [.. numbers.Select(n => Item(StateKeys.Manifest(Id(n)), Manifest(n)))]);
            await store.SaveBulkStateAsync(Components.StateStore, [.. numbers.Select(n => Item(StateKeys.ScansByEvent(EventOf(n).Run, EventOf(n).Event), OfEvent(n)))]);
            await store.SaveStateAsync(Components.StateStore, StateKeys.CatalogPage(Day(Count), 0), new CatalogPageV1([.. numbers.Select(Id)]));
            days.Add(Day(Count));
        }

        await store.SaveStateAsync(Components.StateStore, StateKeys.CatalogDays, new CatalogDaysV1(days));
    }

    private static SaveStateItem<T> Item<T>(string key, T value) => new(key, value, etag: "");

    private static string Day(int number) => First.AddDays(number / PerDay).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static ScansOfEventV1 OfEvent(int number) =>
        new(EventOf(number).Run, EventOf(number).Event, [new(Id(number), IsRealEvent: true, First.AddDays(number / PerDay).ToUnixTimeSeconds())]);

    private static ScanManifest Manifest(int number) => new()
    {
        ScanId = Id(number),
        Timestamp = First.AddDays(number / PerDay).ToUnixTimeSeconds(),
        Complete = true,
        I3EventId = new('a', 64),
        ScannerServerArgs = "scan --reco-algo pandel_mpe --nsides 8:0 64:12 512:24 --real-event --predictive-scanning-threshold 1",
        EventMetadata = new(EventOf(number).Run, EventOf(number).Event, "gfu-gold", 59831.25, IsRealEvent: true),
        CondorClusters = [new("binding", "local", 17, 40)],
        Lifecycle = new() { Phase = ScanPhase.Done, Engine = ScanEngine.Native, HasFinalResult = true, EwmsDeactivated = Deactivated.Finished },
    };
}
