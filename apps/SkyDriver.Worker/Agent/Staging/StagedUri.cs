namespace SkyDriver.Worker.Agent.Staging;

/// <summary>Files could not be brought, or not be taken away.</summary>
internal sealed class StagingException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>What is to be done with a file once it is here.</summary>
internal enum StagedAction
{
    None,
    Gunzip,
    Untar,
    Unzip,
    Move,
}

/// <summary>A URI of a task's <c>input</c> or <c>resource</c>, with the action behind its vertical bar.</summary>
/// <param name="Uri">Ends in a slash for a whole folder.</param>
/// <param name="Folder">Where it goes, for <see cref="StagedAction.Move"/>; relative and within the task's own.</param>
internal sealed record StagedUri(string Uri, StagedAction Action, string Folder = "")
{
    private const string MoveTo = "mv:";

    public bool IsFolder => Uri.EndsWith('/');

    /// <exception cref="StagingException">There is no such action.</exception>
    public static IReadOnlyList<StagedUri> ParseAll(string? text) => [.. (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse)];

    private static StagedUri Parse(string text)
    {
        int bar = text.LastIndexOf('|');
        string uri = bar < 0 ? text : text[..bar], action = bar < 0 ? "" : text[(bar + 1)..];
        StagedUri staged = action switch
        {
            "" => new(uri, StagedAction.None),
            "gunzip" => new(uri, StagedAction.Gunzip),
            "untar" => new(uri, StagedAction.Untar),
            "unzip" => new(uri, StagedAction.Unzip),
            _ when action.StartsWith(MoveTo, StringComparison.Ordinal) => new(uri, StagedAction.Move, Within(action[MoveTo.Length..], text)),
            _ => throw new StagingException($"'{text}': there is no action '{action}'; use gunzip, untar, unzip or mv:FOLDER."),
        };
        return !staged.IsFolder || staged.Action is StagedAction.None or StagedAction.Move ? staged : throw new StagingException($"'{text}': '{action}' is for a file, and this is a folder.");
    }

    /// <summary>A relative path that stays within the folder that it is relative to.</summary>
    /// <exception cref="StagingException">It does not.</exception>
    public static string Within(string path, string of)
    {
        bool leaves = path.Length == 0 || Path.IsPathRooted(path) || path.Split('/').Any(part => part is "..") || path.Contains('\0');
        return leaves ? throw new StagingException($"'{of}': '{path}' is not a relative path within the task's folder.") : path;
    }
}
