using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SkyDriver.Cli.Local;
using SkyDriver.Products.Drawing;
using SkyDriver.Reco.Coverage;

namespace SkyDriver.Cli.Commands.Calibration;

/// <summary>What a study's trials say: a table to read, the same numbers for programs, and a picture.</summary>
internal static class CoverageReport
{
    private const int Shown = 8;

    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
    };

    /// <returns>The text.</returns>
    public static string Write(string folder, IReadOnlyList<CoverageTrial> trials, string version)
    {
        IReadOnlyList<CoverageRow> rows = CoverageTable.Rows(trials);
        StringBuilder text = new();
        Table(text, rows);
        IReadOnlyList<Reco.Coverage.Calibration> ways = Ways(trials);
        if (ways.Count > 0)
        {
            Calibrations(text, ways);
            Scene plot = CoveragePlot.Draw(trials, ways.First(way => way.Scale is not null).Scale!);
            OutputFiles.Write(Path.Combine(folder, "coverage.svg"), Encoding.UTF8.GetBytes(SvgWriter.Write(plot, "Stated and measured probability of regions")));
            OutputFiles.Write(Path.Combine(folder, "coverage.png"), PngWriter.Write(plot));
        }

        var seeds = trials.GroupBy(trial => trial.Set).OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => new[] { group.Min(trial => trial.Seed), group.Max(trial => trial.Seed), (ulong)group.Count() });
        OutputFiles.Write(Path.Combine(folder, "coverage.json"), JsonSerializer.SerializeToUtf8Bytes(
            new { Version = version, SeedsFirstLastCount = seeds, Table = rows, Calibrations = ways.Take(Shown) }, Form));
        OutputFiles.Write(Path.Combine(folder, "coverage.md"), Encoding.UTF8.GetBytes(text.ToString()));
        return text.ToString();
    }

    private static IReadOnlyList<Reco.Coverage.Calibration> Ways(IReadOnlyList<CoverageTrial> trials)
    {
        try
        {
            return Reco.Coverage.Calibration.Try(trials);
        }
        catch (ArgumentException)
        {
            // Too few of a set: the table alone is what there is to say.
            return [];
        }
    }

    private static void Table(StringBuilder text, IReadOnlyList<CoverageRow> rows)
    {
        text.AppendLine("| set, algorithm | events | psi 50 / 68 / 90 % (deg) | q 50 / 90 % | inside 1.39, 4.61 | other minimum | nll per module |");
        text.AppendLine("|---|---|---|---|---|---|---|");
        foreach (CoverageRow row in rows)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {row.Set} {row.Algorithm} | {row.Count} | {row.Psi50:0.00} / {row.Psi68:0.00} / {row.Psi90:0.00} | {row.Q50:0.00} / {row.Q90:0.00} | {row.InWilks50:P0}, {row.InWilks90:P0} | {row.Missed} | {row.Quality:0.00} |");
        }
    }

    private static void Calibrations(StringBuilder text, IReadOnlyList<Reco.Coverage.Calibration> ways)
    {
        text.AppendLine().AppendLine("| calibration (limits from odd seeds of B and C) | misfit there | algorithm: limits | even seeds: 50 % / 90 % hold |").AppendLine("|---|---|---|---|");
        Reco.Coverage.Calibration plain = ways.First(way => way.Scale == LevelScale.One);
        IEnumerable<Reco.Coverage.Calibration> floor = ways.Where(way => way.Scale is null).Take(1);
        foreach (Reco.Coverage.Calibration way in ways.Take(Shown - 2).Concat(floor).Append(plain).Distinct())
        {
            foreach (CalibratedLimits limit in way.Limits)
            {
                string checks = string.Join(", ", way.Checks.Where(check => check.Algorithm == limit.Algorithm).Select(check => string.Create(CultureInfo.InvariantCulture,
                    $"{check.Set} {100 * check.Inside50:0} ± {100 * Math.Sqrt(0.25 / check.Count):0} / {100 * check.Inside90:0} ± {100 * Math.Sqrt(0.09 / check.Count):0}")));
                text.AppendLine(CultureInfo.InvariantCulture, $"| {way.Name} | {way.Misfit:0.0} | {limit.Algorithm}: {limit.Delta50:0.00} / {limit.Delta90:0.0} | {checks} |");
            }
        }
    }
}
