using System.Globalization;
using System.Text;
using SkyDriver.HtCondor.Settings;
using SkyDriver.HtCondor.Submissions;

namespace SkyDriver.HtCondor.Jobs;

/// <summary>Conditions on jobs. All values in them are names that were judged, or encoded, or numbers.</summary>
internal static class JobQuery
{
    /// <summary>Conditions of this length stay far below what one argument may have.</summary>
    private const int MostRanges = 400;

    /// <summary>Jobs of this installation at this place. The operator compares letter by letter, where <c>==</c> would not mind their case.</summary>
    public static string OfInstance(PlaceSettings place) => $"{JobAttributes.Instance} =?= \"{place.Instance}\" && {JobAttributes.Place} =?= \"{place.Name}\"";

    /// <summary>Jobs of this installation, submitted as the user that it is.</summary>
    public static string Own(PlaceSettings place) => $"{OfInstance(place)} && Owner =?= \"{place.Owner}\"";

    public static string OfScan(PlaceSettings place, string? scanId) => scanId is null ? Own(place) : $"{Own(place)} && {JobAttributes.ScanId} =?= \"{SubmitText.Encode(scanId)}\"";

    /// <summary>Jobs of a business key, without those that were withdrawn because their files never reached the schedd.</summary>
    public static string OfKey(PlaceSettings place, string key) =>
        $"{OfInstance(place)} && {JobAttributes.Key} =?= \"{key}\" && !(StageInFinish =?= undefined && (HoldReasonCode =?= {HoldReasons.Spooling} || LastHoldReasonCode =?= {HoldReasons.Spooling}))";

    /// <summary>The first record of this installation that is older than a moment: there, reading the history may end.</summary>
    public static string OlderThan(PlaceSettings place, DateTimeOffset moment) =>
        string.Create(CultureInfo.InvariantCulture, $"{OfInstance(place)} && EnteredCurrentStatus < {moment.ToUnixTimeSeconds()}");

    /// <summary>Exactly the given jobs of this installation, in as many conditions as their number needs.</summary>
    public static IEnumerable<string> Exactly(PlaceSettings place, IEnumerable<(int Cluster, int Proc)> jobs)
    {
        foreach ((int Cluster, int First, int Last)[] ranges in Ranges(jobs).Chunk(MostRanges))
        {
            StringBuilder text = new();
            foreach ((int cluster, int first, int last) in ranges)
            {
                if (text.Length > 0) text.Append(" || ");
                text.Append(CultureInfo.InvariantCulture, $"(ClusterId == {cluster} && ProcId >= {first} && ProcId <= {last})");
            }

            yield return $"{Own(place)} && ({text})";
        }
    }

    private static IEnumerable<(int Cluster, int First, int Last)> Ranges(IEnumerable<(int Cluster, int Proc)> jobs)
    {
        (int Cluster, int First, int Last)? range = null;
        foreach ((int cluster, int proc) in jobs.Distinct().Order())
        {
            if (range is { } current && current.Cluster == cluster && current.Last + 1 == proc)
            {
                range = (cluster, current.First, proc);
                continue;
            }

            if (range is { } done) yield return done;
            range = (cluster, proc, proc);
        }

        if (range is { } last) yield return last;
    }
}
