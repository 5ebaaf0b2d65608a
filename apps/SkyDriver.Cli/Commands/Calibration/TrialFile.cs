using System.Text.Json;
using System.Text.Json.Serialization;
using SkyDriver.Reco.Coverage;

namespace SkyDriver.Cli.Commands.Calibration;

/// <summary>The trials of a study, one JSON document a line, so that a study that was ended goes on where it was.</summary>
internal sealed class TrialFile(string path)
{
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        IgnoreReadOnlyProperties = true,
    };

    /// <summary>What is there already; a last line that was cut off is not.</summary>
    /// <exception cref="CommandException">Another line is none of a study's.</exception>
    public List<CoverageTrial> Read()
    {
        List<CoverageTrial> trials = [];
        if (!File.Exists(path)) return trials;
        string[] lines = File.ReadAllText(path).Split('\n');
        for (int i = 0; i < lines.Length - 1; i++)
        {
            try
            {
                trials.Add(JsonSerializer.Deserialize<CoverageTrial>(lines[i], Form) ?? throw new JsonException("it is null"));
            }
            catch (JsonException broken)
            {
                throw CommandException.Usage($"'{path}', line {i + 1}, is no trial of a study: {broken.Message} Remove the file, or give another folder.");
            }
        }

        // Whatever follows the last end of line was being written when the study was ended.
        if (lines[^1].Length > 0) File.WriteAllText(path, string.Concat(lines[..^1].Select(line => line + "\n")));
        return trials;
    }

    public void Append(CoverageTrial trial)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(trial, Form), (byte)'\n'];
        using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        file.Write(line);
    }
}
