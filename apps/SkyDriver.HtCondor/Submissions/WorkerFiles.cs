using System.Text;

namespace SkyDriver.HtCondor.Submissions;

/// <summary>The two files that go with a job: its environment, which no job ad may show, and the script that takes it up.</summary>
internal static class WorkerFiles
{
    /// <summary>Becomes the worker itself, so that signals reach it.</summary>
    public const string Script = $"""
        #!/bin/sh
        # The worker's environment comes by file, because everybody may read job ads.
        set -eu
        . "./{SubmitDescription.SecretsFile}"
        rm -f "./{SubmitDescription.SecretsFile}"
        exec "$@"

        """;

    /// <summary>The environment as shell text. Names must be variables' names; values may be any text without NUL.</summary>
    public static string Secrets(IEnumerable<KeyValuePair<string, string>> variables)
    {
        StringBuilder text = new();
        foreach ((string name, string value) in variables) text.Append("export ").Append(name).Append("='").Append(value.Replace("'", "'\\''", StringComparison.Ordinal)).Append("'\n");
        return text.ToString();
    }
}
