using System.Text.Json;

namespace HtCondor.Double;

/// <summary>A pool that is kept on disk, so that programs that come and go share it.</summary>
public sealed class Pool(string folder)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    public string Folder => folder;

    /// <summary>An empty pool in a folder that is made where it is missing; also programs that only know the folder act as that user.</summary>
    public static Pool Create(string folder, string user = "skydriver")
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "user"), user);
        return new(folder) { User = user };
    }

    /// <summary>As whom the tools act.</summary>
    public string User { get; init; } = "skydriver";

    private string State => Path.Combine(folder, "pool.json");

    /// <summary>Changes the pool, alone.</summary>
    public T Change<T>(Func<Contents, T> change)
    {
        using FileStream turn = Lock();
        Contents contents = Read();
        T result = change(contents);
        string partial = State + ".new";
        File.WriteAllText(partial, JsonSerializer.Serialize(new Written(contents.NextCluster, contents.Queue, contents.History)));
        File.Move(partial, State, overwrite: true);
        return result;
    }

    public void Change(Action<Contents> change) => Change(c =>
    {
        change(c);
        return 0;
    });

    public Contents Look()
    {
        using FileStream turn = Lock();
        return Read();
    }

    /// <summary>How often a tool was called, and with what.</summary>
    public IReadOnlyList<string[]> Calls(string tool)
    {
        string file = Path.Combine(folder, tool + ".calls");
        return File.Exists(file) ? [.. File.ReadAllLines(file).Select(line => JsonSerializer.Deserialize<string[]>(line)!)] : [];
    }

    public void Note(string tool, string[] arguments)
    {
        using FileStream turn = Lock();
        File.AppendAllText(Path.Combine(folder, tool + ".calls"), JsonSerializer.Serialize(arguments) + "\n");
    }

    /// <summary>What a tool does instead of its work, or null. See <see cref="Behaviour"/>.</summary>
    public string? Behaviour(string tool)
    {
        string file = Path.Combine(folder, tool + ".behaviour");
        using FileStream turn = Lock();
        if (!File.Exists(file)) return null;
        string text = File.ReadAllText(file);
        if (!text.StartsWith("once ", StringComparison.Ordinal)) return text;
        File.Delete(file);
        return text["once ".Length..];
    }

    /// <summary>Tells a tool to behave, from now on, or <c>once</c> when the text starts with that word; null as usual.</summary>
    public void Behave(string tool, string? behaviour)
    {
        string file = Path.Combine(folder, tool + ".behaviour");
        using FileStream turn = Lock();
        if (behaviour is null) File.Delete(file);
        else File.WriteAllText(file, behaviour);
    }

    private Contents Read()
    {
        if (!File.Exists(State)) return new();
        Written written = JsonSerializer.Deserialize<Written>(File.ReadAllText(State))!;
        return new() { NextCluster = written.NextCluster, Queue = written.Queue, History = written.History };
    }

    private FileStream Lock()
    {
        DateTime limit = DateTime.UtcNow + LongestWait;
        while (true)
        {
            try
            {
                return new(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTime.UtcNow < limit)
            {
                Thread.Sleep(5);
            }
        }
    }

    private sealed record Written(int NextCluster, List<Ad> Queue, List<Ad> History);
}

/// <summary>All that a pool knows.</summary>
public sealed class Contents
{
    public int NextCluster { get; set; } = 1;

    public List<Ad> Queue { get; init; } = [];

    /// <summary>The newest first.</summary>
    public List<Ad> History { get; init; } = [];

    /// <summary>Takes a job out of the queue.</summary>
    public void Leave(Ad job)
    {
        Queue.Remove(job);
        History.Insert(0, job);
    }
}
