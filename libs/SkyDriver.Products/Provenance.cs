using System.Reflection;
using SkyDriver.Products.Maps;

namespace SkyDriver.Products;

/// <summary>With what exactly a product was made; stands inside every file whose format has room for it.</summary>
/// <param name="RecoAlgo">Empty when it is not known.</param>
/// <param name="Settings">The scan's settings in words, such as its nsides.</param>
/// <param name="EventSha256">Of the event as it came in, hexadecimal; null when only a result file is at hand.</param>
/// <param name="ResultSha256">Of the result in its .npz form, which is the same for every form of it.</param>
/// <param name="Caution">Why the regions must not be believed as they stand; null when nothing is known against them.</param>
public sealed record Provenance(string RecoAlgo, string Settings, string? EventSha256, string ResultSha256, LevelSet Levels, string Probability, string? Caution = null)
{
    /// <summary>Name and version of this program.</summary>
    public static string Program { get; } = "SkyDriver.Dapr " + Version();

    /// <summary>The same facts in the same order wherever they are written. Plain characters only.</summary>
    public IEnumerable<(string Name, string Value)> Facts
    {
        get
        {
            yield return ("creator", Program);
            if (RecoAlgo.Length > 0) yield return ("reco_algo", RecoAlgo);
            yield return ("settings", Settings);
            if (EventSha256 is not null) yield return ("event_sha256", EventSha256);
            yield return ("result_sha256", ResultSha256);
            yield return ("levels", FormattableString.Invariant($"{Levels.Name} (50 %: {Levels.Delta50}, 90 %: {Levels.Delta90} in 2 dlnL; {Levels.Origin})"));
            yield return ("probability", Probability);
            if (Caution is not null) yield return ("caution", Caution);
        }
    }

    private static string Version() =>
        typeof(Provenance).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
