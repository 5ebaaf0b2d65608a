using System.Text.Json;

namespace SkyDriver.External;

/// <summary>A program that reconstructs, and how long it may take. docs/external-reconstruction.md has the protocol.</summary>
/// <param name="Command">The program and its arguments; found on the path, started without a shell.</param>
public sealed record ExternalProgram(IReadOnlyList<string> Command)
{
    /// <summary>Until it says that it has read the event.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>For one fit, where a scan sets no limit of its own.</summary>
    public TimeSpan FitTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Reads a command as people write it: words, or a JSON list of texts where a word has a blank in it.</summary>
    /// <returns>Null with the fault when it is neither.</returns>
    public static ExternalProgram? Parse(string text, out string? fault)
    {
        fault = null;
        string[]? words;
        try
        {
            words = text.TrimStart().StartsWith('[') ? JsonSerializer.Deserialize<string[]>(text) : text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        }
        catch (JsonException broken)
        {
            fault = $"begins as a JSON list and is none ({broken.Message})";
            return null;
        }

        if (words is { Length: > 0 } && words.All(word => !string.IsNullOrEmpty(word) && !word.Contains('\0'))) return new(words);
        fault = "must be a program and its arguments, such as 'python3 reco.py' or '[\"python3\", \"my reco.py\"]'";
        return null;
    }
}

/// <summary>The program did not do what the protocol asks; the message says what it did and what to look at.</summary>
public sealed class ExternalProgramException(string message, Exception? inner = null) : Exception(message, inner);
