using HtCondor.Double;

// HtCondor.Double POOL TOOL ARGUMENTS: what a tool of HTCondor would have done in the pool of that folder.
Pool pool = new(args[0]);
string userFile = Path.Combine(args[0], "user");
if (File.Exists(userFile)) pool = new(args[0]) { User = File.ReadAllText(userFile).Trim() };
return new Tools(pool, args[1], args[2..]).Run();
