(function(){
"use strict";
var words=document.body.dataset;
function make(tag,text,name){var made=document.createElement(tag);if(text)made.textContent=text;if(name)made.className=name;return made}
function labelled(text,control){var label=make("label",text);label.appendChild(control);return label}
function setUp(box){
var table=box.querySelector("table"),body=table.tBodies[0],rows=Array.prototype.slice.call(body.rows);
var heads=Array.prototype.slice.call(table.tHead.rows[0].cells);
var texts=rows.map(function(row){return row.textContent.toLowerCase()});
var tools=make("div","","tools"),search=make("input"),count=make("p","","count"),filters=[];
search.type="search";tools.setAttribute("role","group");tools.setAttribute("aria-labelledby",table.getAttribute("aria-labelledby"));
count.setAttribute("role","status");
tools.appendChild(labelled(words.search,search));
function show(){
var asked=search.value.toLowerCase().split(/\s+/).filter(Boolean),shown=0;
rows.forEach(function(row,at){
var fits=asked.every(function(word){return texts[at].indexOf(word)>=0})&&filters.every(function(filter){
return !filter.select.value||row.cells[filter.at].textContent===filter.select.value.slice(1)});
row.hidden=!fits;if(fits)shown+=1});
count.classList.toggle("whole",shown===rows.length);
count.textContent=words.shown.replace("{shown}",shown).replace("{all}",rows.length);
}
heads.forEach(function(head,at){
if(head.dataset.kind==="choice"){
var values=[];rows.forEach(function(row){var value=row.cells[at].textContent;if(values.indexOf(value)<0)values.push(value)});
if(values.length<2||values.length>60)return;
var select=make("select"),all=make("option",words.all);all.value="";select.appendChild(all);
values.sort().forEach(function(value){var option=make("option",value||"\u2013");option.value="="+value;select.appendChild(option)});
select.addEventListener("change",show);filters.push({at:at,select:select});
tools.appendChild(labelled(head.textContent,select));
}});
heads.forEach(function(head,at){
var name=head.textContent,button=make("button",name);button.type="button";
button.title=words.sort.replace("{column}",name);
head.textContent="";head.appendChild(button);
var printed=make("span",name,"printed");printed.setAttribute("aria-hidden","true");head.appendChild(printed);
button.addEventListener("click",function(){
var now=head.getAttribute("aria-sort"),next=now==="ascending"?"descending":now==="descending"?"":"ascending";
heads.forEach(function(other){other.removeAttribute("aria-sort")});
var order=rows.map(function(row,place){return{row:row,place:place,key:row.cells[at].textContent}});
if(next){head.setAttribute("aria-sort",next);
var sign=next==="ascending"?1:-1,compare=new Intl.Collator("en",{numeric:true}).compare;
order.sort(function(one,two){return sign*compare(one.key,two.key)||one.place-two.place})}
var sorted=document.createDocumentFragment();
order.forEach(function(entry){sorted.appendChild(entry.row)});body.appendChild(sorted)})});
var clear=make("button",words.clear);clear.type="button";
clear.addEventListener("click",function(){search.value="";filters.forEach(function(filter){filter.select.value=""});show();search.focus()});
tools.appendChild(clear);tools.appendChild(count);
var wait=0;search.addEventListener("input",function(){clearTimeout(wait);wait=setTimeout(show,120)});
box.insertBefore(tools,box.querySelector(".scroll"));show();
}
Array.prototype.forEach.call(document.querySelectorAll(".table[data-tools]"),setUp);
})();
