using System.Globalization;
using System.Runtime.CompilerServices;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.State;

/// <summary>All scans ever requested, by day. Adding one costs the same however many there are.</summary>
public sealed class ScanCatalog(StateDocuments documents)
{
    private const int IdsPerPage = 256;

    /// <summary>Where the last scan of a day went; only a hint, as others write too.</summary>
    private (string Day, int Page) _last = ("", 0);

    public async Task AddAsync(string scanId, double timestamp, CancellationToken cancellationToken = default)
    {
        string day = DayOf(timestamp);
        (string lastDay, int lastPage) = _last;
        if (lastDay != day)     // days are never taken out again
        {
            await documents.UpdateAsync<CatalogDaysV1>(
                StateKeys.CatalogDays, days => days?.Days.Contains(day) is true ? null : new([.. (days?.Days ?? []).Append(day).Order(StringComparer.Ordinal)]), cancellationToken);
        }

        for (int page = lastDay == day ? lastPage : 0; ; page++)
        {
            CatalogPageV1? now = await documents.UpdateAsync<CatalogPageV1>(
                StateKeys.CatalogPage(day, page),
                ids => ids is null ? new([scanId]) : ids.ScanIds.Count >= IdsPerPage || ids.ScanIds.Contains(scanId) ? null : new([.. ids.ScanIds, scanId]),
                cancellationToken);
            if (!now!.ScanIds.Contains(scanId)) continue;
            _last = (day, page);
            return;
        }
    }

    /// <summary>Scans in the order in which they were requested, a page at a time.</summary>
    /// <param name="from">Unix seconds; days that end before are left out.</param>
    /// <param name="to">Unix seconds; days that begin later are left out.</param>
    public async IAsyncEnumerable<IReadOnlyList<string>> ReadAsync(
        double from = double.NegativeInfinity, double to = double.PositiveInfinity, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (await documents.GetAsync<CatalogDaysV1>(StateKeys.CatalogDays, cancellationToken) is not { } days) yield break;
        foreach (string day in days.Days)
        {
            if (string.CompareOrdinal(day, DayOf(from)) < 0 || string.CompareOrdinal(day, DayOf(to)) > 0) continue;
            for (int page = 0; await documents.GetAsync<CatalogPageV1>(StateKeys.CatalogPage(day, page), cancellationToken) is { } ids; page++) yield return ids.ScanIds;
        }
    }

    private static string DayOf(double timestamp)
    {
        const double LastSecond = 253_402_300_799;
        double seconds = Math.Clamp(timestamp, 0, LastSecond);
        return DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }
}
