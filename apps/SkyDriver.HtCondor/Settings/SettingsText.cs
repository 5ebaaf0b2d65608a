using System.Text.RegularExpressions;
using SkyDriver.HtCondor.Submissions;

namespace SkyDriver.HtCondor.Settings;

/// <summary>Forms of single values; each method answers why a value is none of its kind, or null.</summary>
internal static partial class SettingsText
{
    private const int MaxPathLength = 512;

    // What the launcher writes itself and a site may not: it decides what runs, where secrets go and whose the job is.
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "universe", "executable", "transfer_executable", "arguments", "args", "environment", "env", "getenv", "initialdir", "initial_dir", "iwd", "job_iwd", "batch_name",
        "container_image", "docker_image", "transfer_container", "should_transfer_files", "transfer_input_files", "transfer_output_files", "output", "error", "log",
        "stdout", "stderr", "input", "stdin", "queue", "include", "use", "if", "elif", "else", "endif", "warning", "allow_startup_script", "dag_node_name", "hold", "cmd",
        "request_cpus", "request_memory", "request_disk", "priority", "prio", "copy_to_spool", "owner", "max_materialize", "max_idle",
    };

    public static bool IsName(string text) => NameForm().IsMatch(text);

    public static bool IsHost(string text) => HostForm().IsMatch(text);

    public static bool IsSchedd(string text) => ScheddForm().IsMatch(text);

    public static bool IsOwner(string text) => OwnerForm().IsMatch(text);

    public static bool IsGroup(string text) => GroupForm().IsMatch(text);

    public static bool IsConfigurationName(string text) => ConfigurationForm().IsMatch(text);

    /// <summary>An image's name or path, of characters that mean nothing to HTCondor.</summary>
    public static bool IsImage(string text) => ImageForm().IsMatch(text);

    /// <summary>An absolute path of characters that mean nothing in submit files and lists of files.</summary>
    public static bool IsPath(string text) => text.Length <= MaxPathLength && PathForm().IsMatch(text) && !text.Split('/').Contains("..");

    /// <summary>An expression for submit files, from the administrator.</summary>
    public static string? ExpressionFault(string text)
    {
        if (string.IsNullOrWhiteSpace(text)) return "is empty";
        if (SubmitText.FaultOf(text) is { } fault) return fault;
        if (text.TrimEnd().EndsWith('\\')) return "ends with '\\', which would take the next line in";
        if (OwnMacro().Replace(text, "").Contains('$')) return "has a macro other than $(ProcId) and $(ClusterId)";
        return IsBalanced(text) ? null : "has brackets or quotes that are not closed";
    }

    /// <summary>One more line <c>name = value</c> of submit files, from the administrator.</summary>
    public static string? LineFault(string line, out KeyValuePair<string, string> parts)
    {
        parts = default;
        int at = line.IndexOf('=', StringComparison.Ordinal);
        if (at < 0) return "is no 'name = value'";
        (string name, string value) = (line[..at].Trim(), line[(at + 1)..].Trim());
        if (!LineNameForm().IsMatch(name)) return "has no submit command or +Attribute before '='";
        string plain = name.TrimStart('+').StartsWith("my.", StringComparison.OrdinalIgnoreCase) ? name.TrimStart('+')[3..] : name.TrimStart('+');
        if (Reserved.Contains(plain)) return $"sets '{name}', which the launcher writes itself";
        if (plain.StartsWith("SkyDriver", StringComparison.OrdinalIgnoreCase)) return "sets an attribute of the launcher";
        parts = new(name, value);
        return ExpressionFault(value);
    }

    private static bool IsBalanced(string text)
    {
        Stack<char> open = new();
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quoted && c == '\\') i++;
            else if (c == '"') quoted = !quoted;
            else if (quoted) continue;
            else if (c is '(' or '[' or '{') open.Push(c);
            else if (c is ')' or ']' or '}' && (!open.TryPop(out char opened) || $"{opened}{c}" is not ("()" or "[]" or "{}"))) return false;
        }

        return !quoted && open.Count == 0;
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\z")]
    private static partial Regex NameForm();

    [GeneratedRegex(@"^(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9][A-Za-z0-9._-]{0,252})(:[0-9]{1,5})?(\?[A-Za-z0-9=&._-]{1,128})?\z")]
    private static partial Regex HostForm();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._@-]{0,252}\z")]
    private static partial Regex ScheddForm();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}\z")]
    private static partial Regex OwnerForm();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._@-]{0,127}\z")]
    private static partial Regex GroupForm();

    [GeneratedRegex(@"^[A-Z][A-Z0-9_.]{0,127}\z")]
    private static partial Regex ConfigurationForm();

    [GeneratedRegex(@"^[A-Za-z0-9/][A-Za-z0-9._:/@+-]{0,511}\z")]
    private static partial Regex ImageForm();

    [GeneratedRegex(@"^/[A-Za-z0-9._/:@+~%-]+\z")]
    private static partial Regex PathForm();

    [GeneratedRegex(@"^\+?([A-Za-z_][A-Za-z0-9_]*|[Mm][Yy]\.[A-Za-z_][A-Za-z0-9_]*)\z")]
    private static partial Regex LineNameForm();

    [GeneratedRegex(@"\$\((ProcId|Process|ClusterId|Cluster)\)", RegexOptions.IgnoreCase)]
    private static partial Regex OwnMacro();
}
