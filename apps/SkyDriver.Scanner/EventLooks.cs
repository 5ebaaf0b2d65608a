using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using SkyDriver.IceCube;
using SkyDriver.Reco.Opinions;
using SkyDriver.Scan;
using SkyDriver.Sky;

namespace SkyDriver.Scanner;

/// <summary>What both track likelihoods say of an event, found beside its scan: half a second of one core, once per loaded plan.</summary>
/// <remarks>Nothing waits for it but the last report, and that not for long; a scan whose scanner is killed has it made again with the plan.</remarks>
internal static class EventLooks
{
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(10);
    private static readonly ConditionalWeakTable<ScanPlan, Task<EventOpinions?>> Looks = [];

    public static void Begin(ScanPlan plan, IceCubeEvent ev)
    {
        if (plan.Algorithm.NeedsEvent) Looks.AddOrUpdate(plan, Task.Run(() => EventOpinions.Of(ev)));
    }

    /// <summary>For a progress body; null while it is not known, or for events that say nothing.</summary>
    /// <param name="isLast">Worth a moment's wait.</param>
    public static async Task<JsonObject?> DescribeAsync(ScanPlan plan, bool isLast)
    {
        if (!Looks.TryGetValue(plan, out Task<EventOpinions?>? look)) return null;
        if (isLast) await ((Task)look.WaitAsync(LastPatience)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return look.IsCompletedSuccessfully && await look is { } opinions ? Describe(opinions, plan.Event.Mjd) : null;
    }

    private static JsonObject Describe(EventOpinions opinions, double mjd) => new()
    {
        ["minima"] = new JsonArray([.. opinions.Minima.Select(minimum =>
        {
            SkyPoint sky = IceCubeFrame.ToEquatorial(minimum.Direction, mjd);
            return (JsonNode)new JsonObject
            {
                ["reco_algo"] = minimum.Algorithm,
                ["ra_deg"] = double.RadiansToDegrees(sky.RightAscension),
                ["dec_deg"] = double.RadiansToDegrees(sky.Declination),
                ["llh"] = minimum.Llh,
            };
        })]),
        ["separation_deg"] = opinions.SeparationDeg,
        ["differ"] = opinions.Differ,
        ["cascade_minus_track_llh"] = opinions.CascadeMinusTrack,
        ["looks_like"] = opinions.Hint.ToString().ToLowerInvariant(),
        ["modules"] = opinions.Modules,
        ["charge"] = opinions.Charge,
    };
}
