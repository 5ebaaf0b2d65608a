using System.Globalization;

namespace SkyDriver.Reco;

/// <summary>A choice that may follow an algorithm's name, as in <c>pandel_mpe-layered</c>.</summary>
/// <remarks>
/// Choices are part of the name because they change the answer: what every worker of a mixed pool must do alike travels with each pixel,
/// and stands in every file.
/// </remarks>
public sealed record RecoNameOption
{
    private readonly Func<RecoAlgorithm, string, RecoAlgorithm?> _apply;

    internal RecoNameOption(string form, string summary, Func<RecoAlgorithm, string, RecoAlgorithm?> apply) => (Form, Summary, _apply) = (form, summary, apply);

    /// <summary>As it is written, N standing for a number.</summary>
    public string Form { get; }

    /// <summary>What it does, and what is done without it.</summary>
    public string Summary { get; }

    /// <summary>The algorithm with this choice, or null when the text is not this option.</summary>
    internal RecoAlgorithm? Apply(RecoAlgorithm algorithm, string text) => _apply(algorithm, text);

    /// <summary>A word.</summary>
    internal static RecoNameOption Flag(string word, string summary, Func<RecoAlgorithm, RecoAlgorithm> apply) =>
        new(word, summary, (algorithm, text) => text == word ? apply(algorithm) : null);

    /// <summary>A word and a whole number from 1 to a million.</summary>
    internal static RecoNameOption Number(string word, string summary, Func<RecoAlgorithm, int, RecoAlgorithm> apply) => new(word + "N", summary, (algorithm, text) =>
        text.StartsWith(word, StringComparison.Ordinal) && int.TryParse(text.AsSpan(word.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && number is >= 1 and <= 1_000_000
            ? apply(algorithm, number)
            : null);
}

/// <summary>What the options of a name chose.</summary>
/// <param name="LayeredIce">Scattering follows the measured layers.</param>
/// <param name="ChargeCap">Most photo-electrons of one module that count.</param>
/// <param name="DeepCore">Pulses of the dense strings in the middle count as well.</param>
/// <param name="Shower">The light of one shower on the track is part of the model.</param>
internal readonly record struct RecoChoices(bool LayeredIce, double ChargeCap, bool DeepCore, bool Shower)
{
    public static RecoChoices None { get; } = new(false, double.PositiveInfinity, false, false);
}
